import { plansUnder } from './metadata.ts'
import { Plan } from './plan.ts'

/** North America's, whose numbers are spelled 3-3-4. */
const american = '1'
/** Of the countries whose numbers are known in national spelling: those, GB, DE, FR, ES, IT, NL, IN, AU, BR. */
const nationalCodes = [american, '44', '49', '33', '34', '39', '31', '91', '61', '55']

const longestCode = 3
const none: readonly Plan[] = []
/** By calling code, the plans that share it, made when first asked for. */
const made = new Map<string, readonly Plan[]>()

/** Are these digits, without the `+`, a number of some country, as libphonenumber knows them? */
export function isInternational(digits: string): boolean {
  const code = callingCode(digits)
  return isUnder(code, digits.slice(code.length))
}

/** May they be one by their calling code and their length, also where nobody has been given it yet? */
export function isPossible(digits: string): boolean {
  const code = callingCode(digits)
  return asked(code, digits.slice(code.length), (plans, number) => plans.some(plan => plan.isPossible(number)))
}

/** Are these digits a number as it is dialled within a country known in national spelling, its trunk prefix included or not? */
export function isNational(digits: string): boolean {
  return nationalCodes.some(code => isUnder(code, digits))
}

/** The same within North America. */
export function isAmerican(digits: string): boolean {
  return isUnder(american, digits)
}

/** No code is the beginning of another one; empty where there is none. */
function callingCode(digits: string): string {
  for (let length = 1; length <= longestCode; length++) {
    const code = digits.slice(0, length)
    if (plansOf(code).length > 0) return code
  }
  return ''
}

function isUnder(code: string, dialled: string): boolean {
  return asked(code, dialled, isNumberOf)
}

/** Asks about a number as it is, and without its trunk prefix: some write `+44 (0)20`. */
function asked(code: string, dialled: string, asks: (plans: readonly Plan[], number: string) => boolean): boolean {
  const plans = plansOf(code)
  if (asks(plans, dialled)) return true
  const number = plans[0]?.withoutTrunk(dialled)
  return number !== undefined && asks(plans, number)
}

/** The first country whose numbers it might be among settles it, as in the library. */
function isNumberOf(plans: readonly Plan[], number: string): boolean {
  for (const plan of plans) {
    if (!plan.leading) {
      if (plan.isValid(number)) return true
    } else if (plan.leading.test(number)) return plan.isValid(number)
  }
  return plans[0]?.leading !== undefined && plans[0].isValid(number)
}

function plansOf(code: string): readonly Plan[] {
  const known = made.get(code)
  if (known) return known
  const plans = plansUnder(code).map(([country, row]) => new Plan(code, country, row))
  if (plans.length === 0) return none
  made.set(code, plans)
  return plans
}
