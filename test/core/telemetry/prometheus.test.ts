import { expect, it } from 'vitest'
import { prometheusText } from '#core/telemetry/prometheus.ts'

it('writes each counter once with help and type, and the age of the sums', () => {
  const series = [
    { app: 'shop', name: 'hooks_requests_total', labels: { result: 'accepted' }, value: 3 },
    { app: '-', name: 'hooks_requests_total', labels: { result: 'app-unknown' }, value: 1 },
  ]
  const lines = prometheusText({ series, ageSeconds: 4.5 }).split('\n')
  expect(lines.filter(line => line.startsWith('# TYPE gatehouse_hooks_requests_total'))).toHaveLength(1)
  expect(lines).toContain('gatehouse_hooks_requests_total{app="shop",result="accepted"} 3')
  expect(lines).toContain('gatehouse_hooks_requests_total{app="-",result="app-unknown"} 1')
  expect(lines).toContain('gatehouse_metrics_age_seconds 4.5')
  expect(lines.at(-1)).toBe('')
})

it('escapes what would end a label early', () => {
  const labels = { source: 'a"b\\c\nd' }
  const text = prometheusText({ series: [{ app: 'shop', name: 'deliveries_total', labels, value: 1 }], ageSeconds: 0 })
  expect(text).toContain('{app="shop",source="a\\"b\\\\c\\nd"} 1')
})

it('says nothing of a counter that nobody counted', () => {
  expect(prometheusText({ series: [], ageSeconds: 0 })).not.toContain('_total')
})
