import { exports } from 'cloudflare:workers'

/** The value of a series as `/metrics` shows it; 0 where there is none yet. Labels are those that must match. */
export async function metric(name: string, labels: Readonly<Record<string, string>>): Promise<number> {
  const text = await (await exports.default.fetch('http://gate.example/metrics')).text()
  return text
    .split('\n')
    .filter(line => line.startsWith(`gatehouse_${name}{`))
    .filter(line => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
