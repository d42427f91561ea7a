import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { numberingPlans, plansFile } from '../../scripts/phone-plans.ts'

it('the numbering plans are those of the libphonenumber-js in package.json: `npm run phone-plans` takes them over', async () => {
  expect(await readFile(plansFile, 'utf8')).toBe(numberingPlans())
})
