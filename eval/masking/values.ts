import { createHash } from 'node:crypto'
import examples from 'libphonenumber-js/examples.mobile.json'
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { stdnum } from 'stdnum'
import type { Chance } from './chance.ts'

type Make = (chance: Chance) => string

const day = (chance: Chance) => String(chance.between(1, 28)).padStart(2, '0')
const month = (chance: Chance) => String(chance.between(1, 12)).padStart(2, '0')
const year = (chance: Chance) => String(chance.between(1935, 2008))
/** The validator of a country's number, e.g. `BR.cpf`. */
function isValidBy(name: string): (value: string) => boolean {
  const [country = '', number = ''] = name.split('.')
  const validator = stdnum[country]?.[number]
  if (!validator) throw new Error(`stdnum does not know ${name}`)
  return value => validator.validate(value).isValid
}

/** Candidates by a pattern of `#` and `@` until stdnum, which shares no code with the detectors, takes one. */
const by =
  (name: string, ...patterns: string[]): Make =>
  chance =>
    chance.until(
      () =>
        chance
          .fill(chance.one(patterns))
          .replaceAll('DD', day(chance))
          .replaceAll('MM', month(chance))
          .replaceAll('YY', year(chance).slice(2)),
      isValidBy(name),
    )
/** The same number with marks between its groups, or without. */
const spelled =
  (make: Make, ...shapes: string[]): Make =>
  chance => {
    const plain = make(chance)
    let at = 0
    return chance.one(shapes).replaceAll('#', () => plain[at++] ?? '') || plain
  }

function luhnDigit(digits: string): string {
  const sum = [...digits]
    .reverse()
    .reduce(
      (sum, digit, index) =>
        sum + [...String(Number(digit) * (index % 2 === 0 ? 2 : 1))].reduce((a, b) => a + Number(b), 0),
      0,
    )
  return String((10 - (sum % 10)) % 10)
}

function card(chance: Chance): string {
  const [start, length] = chance.one([
    ['4', 16],
    ['51', 16],
    ['55', 16],
    ['2300', 16],
    ['34', 15],
    ['37', 15],
    ['6011', 16],
    ['3530', 16],
    ['62', 16],
    ['36', 14],
    ['6759', 16],
    ['2202', 16],
  ] as const)
  const body = start + chance.digits(length - start.length - 1)
  const plain = body + luhnDigit(body)
  const groups = length === 15 ? [4, 6, 5] : length === 14 ? [4, 6, 4] : [4, 4, 4, 4]
  const mark = chance.one(['', '', ' ', '-'])
  let at = 0
  return groups
    .map(size => {
      at += size
      return plain.slice(at - size, at)
    })
    .join(mark)
}

function iban(chance: Chance): string {
  const [country, pattern] = chance.one([
    ['DE', '##################'],
    ['GB', '@@@@##############'],
    ['FR', '#######################'],
    ['NL', '@@@@##########'],
    ['ES', '####################'],
    ['IT', '@######################'],
    ['CH', '#################'],
    ['PL', '########################'],
    ['SE', '####################'],
    ['NO', '###########'],
    ['MT', '@@@@######################A'],
    ['SA', '####################'],
    ['BR', '#######################P1'],
  ] as const)
  const body = chance.fill(pattern)
  const numbers = [...`${body}${country}00`].map(letter => parseInt(letter, 36)).join('')
  const check = String(98n - (BigInt(numbers) % 97n)).padStart(2, '0')
  const plain = country + check + body
  return chance.one([plain, plain.replaceAll(/(.{4})(?=.)/g, '$1 ')])
}

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

function bitcoin(chance: Chance): string {
  const body = Uint8Array.from([chance.one([0, 5]), ...Array.from({ length: 20 }, () => chance.below(256))])
  const bytes = [...body, ...sha256(sha256(body)).subarray(0, 4)]
  let number = BigInt(`0x${bytes.map(byte => byte.toString(16).padStart(2, '0')).join('')}`)
  let text = ''
  for (; number > 0n; number /= 58n) text = base58[Number(number % 58n)] + text
  return '1'.repeat(bytes.findIndex(byte => byte !== 0)) + text
}

function vin(chance: Chance): string {
  const values = Object.fromEntries(
    [...'ABCDEFGH JKLMN P R  STUVWXYZ'].map((letter, index) => [
      letter,
      index < 8 ? index + 1 : index < 18 ? index - 8 : index - 18,
    ]),
  )
  const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
  const letters = 'ABCDEFGHJKLMNPRSTUVWXYZ0123456789'
  const body = `${chance.one(['1', '4', '5', '2', 'J', 'K', '3'])}${Array.from({ length: 11 }, () => chance.one([...letters])).join('')}${chance.digits(5)}`
  const sum = [...body].reduce(
    (sum, letter, index) =>
      sum + (letter >= '0' && letter <= '9' ? Number(letter) : (values[letter] ?? 0)) * (weights[index] ?? 0),
    0,
  )
  return `${body.slice(0, 8)}${'0123456789X'[sum % 11]}${body.slice(9)}`
}

function phone(chance: Chance): string {
  return chance.until(
    () => {
      const [country, example] = chance.one(Object.entries(examples as Record<string, string>))
      const number = parsePhoneNumberFromString(example.slice(0, -4) + chance.digits(4), country as 'US')
      return number?.isValid()
        ? chance.one([number.formatInternational(), number.number, number.formatInternational().replaceAll(' ', '-')])
        : ''
    },
    text => text !== '',
  )
}

/** National spellings of countries whose plans are known by default. */
export function nationalPhone(chance: Chance): string {
  return chance.until(
    () => {
      const country = chance.one(['US', 'GB', 'DE', 'FR', 'IN', 'AU', 'BR', 'ES', 'IT', 'NL'] as const)
      const number = parsePhoneNumberFromString(
        (examples as Record<string, string>)[country]?.slice(0, -4) + chance.digits(4),
        country,
      )
      return number?.isValid() ? number.formatNational() : ''
    },
    text => text !== '',
  )
}

function email(chance: Chance): string {
  const first = chance.one(['anna', 'li', 'joão', 'mehmet', 'o.neil', 'a.b-c', 'sales', 'm_müller', 'x7', 'priya'])
  const local = chance.one([
    first,
    `${first}.${chance.text('lower', 6)}`,
    `${first}+${chance.text('lower', 3)}`,
    `${first}${chance.digits(3)}`,
  ])
  return `${local}@${chance.text('lower', chance.between(3, 10))}.${chance.one(['com', 'org', 'de', 'co.uk', 'io', 'com.br', 'museum', 'in', 'jp'])}`
}

function ip(chance: Chance): string {
  const groups = (count: number) => Array.from({ length: count }, () => chance.text('hex', chance.between(1, 4)))
  return chance.one([
    () => Array.from({ length: 4 }, () => chance.below(256)).join('.'),
    () => groups(8).join(':'),
    () => `2001:db8::${groups(chance.between(2, 3)).join(':')}:1`,
  ])()
}

function ssn(chance: Chance): string {
  const area = chance.until(
    () => chance.digits(3),
    value => value !== '000' && value !== '666' && value < '900',
  )
  return [area, String(chance.between(1, 99)).padStart(2, '0'), String(chance.between(1, 9999)).padStart(4, '0')].join(
    chance.one(['-', '-', ' ']),
  )
}

function aba(chance: Chance): string {
  return chance.until(
    () => `${chance.one(['01', '02', '03', '04', '07', '11', '12', '21', '26', '31', '32'])}${chance.digits(7)}`,
    text => [...text].reduce((sum, digit, index) => sum + Number(digit) * ([3, 7, 1][index % 3] ?? 0), 0) % 10 === 0,
  )
}

function nhs(chance: Chance): string {
  const plain = chance.until(
    () => chance.digits(10),
    text => {
      const check =
        11 - ([...text.slice(0, 9)].reduce((sum, digit, index) => sum + Number(digit) * (10 - index), 0) % 11)
      return check % 11 === Number(text[9]) && check !== 10 && new Set(text).size > 2
    },
  )
  return chance.one([plain, `${plain.slice(0, 3)} ${plain.slice(3, 6)} ${plain.slice(6)}`])
}

function medicare(chance: Chance): string {
  const body = `${chance.between(2, 6)}${chance.digits(7)}`
  const check = [...body].reduce((sum, digit, index) => sum + Number(digit) * ([1, 3, 7, 9][index % 4] ?? 0), 0) % 10
  return chance.one([`${body}${check}1`, `${body.slice(0, 4)} ${body.slice(4)}${check} 1`])
}

function birth(chance: Chance): string {
  const [y, m, d] = [year(chance), month(chance), day(chance)]
  const name = chance.one(['January', 'March', 'May', 'August', 'Oct', 'Dec'])
  return chance.one([
    `${y}-${m}-${d}`,
    `${m}/${d}/${y}`,
    `${d}.${m}.${y}`,
    `${name} ${Number(d)}, ${y}`,
    `${Number(d)} ${name} ${y}`,
  ])
}

/** A fresh value of each type. */
export const values: Readonly<Record<string, Make>> = {
  EMAIL: email,
  PHONE: phone,
  CREDIT_CARD: card,
  IBAN: iban,
  SWIFT: chance =>
    `${chance.text('upper', 4)}${chance.one(['DE', 'US', 'GB', 'FR', 'NL', 'CH'])}${chance.fill('@@')}${chance.one(['', 'XXX', '500'])}`,
  ABA: aba,
  CRYPTO: bitcoin,
  IP_ADDRESS: ip,
  MAC_ADDRESS: chance => Array.from({ length: 6 }, () => chance.text('hex', 2)).join(chance.one([':', '-'])),
  DATE_OF_BIRTH: birth,
  VIN: vin,
  NPI: chance => {
    const body = `${chance.one(['1', '2'])}${chance.digits(8)}`
    return body + luhnDigit(`80840${body}`)
  },
  US_SSN: ssn,
  US_ITIN: chance => chance.fill(`9##-${chance.one(['50', '65', '70', '88', '90', '99'])}-####`),
  US_PASSPORT: chance => chance.fill(chance.one(['#########', '@########'])),
  US_DRIVER_LICENSE: chance => chance.fill(chance.one(['@#######', '@###-###-##-###-#', '########', '@############'])),
  UK_NHS: nhs,
  UK_NINO: spelled(
    chance => `${chance.one(['AB', 'CE', 'JG', 'SP', 'TW'])}${chance.digits(6)}${chance.one(['A', 'B', 'C', 'D'])}`,
    '#########',
    '## ## ## ## #',
  ),
  AR_CUIT: spelled(by('AR.cuit', '20#########', '27#########', '30#########'), '##-########-#'),
  AU_ABN: spelled(by('AU.abn', '###########'), '## ### ### ###', '###########'),
  AU_MEDICARE: medicare,
  AU_TFN: spelled(by('AU.tfn', '#########'), '### ### ###', '#########'),
  BE_NATIONAL_NUMBER: spelled(by('BE.nn', 'YYMMDD#####'), '##.##.##-###.##', '###########'),
  BG_EGN: by('BG.egn', 'YYMMDD####'),
  BR_CNPJ: spelled(by('BR.cnpj', '########0001##'), '##.###.###/####-##', '##############'),
  BR_CPF: spelled(by('BR.cpf', '###########'), '###.###.###-##', '###########'),
  CA_SIN: spelled(by('CA.sin', '1########', '5########', '7########'), '### ### ###', '###-###-###', '#########'),
  CH_AHV: spelled(by('CH.ssn', '756##########'), '###.####.####.##', '#############'),
  CL_RUT: spelled(by('CL.rut', '1########', '2########'), '##.###.###-#'),
  CN_RESIDENT_ID: by('CN.ric', '11010519YYMMDD####', '44030019YYMMDD####', '31010119YYMMDD###X'),
  CZ_BIRTH_NUMBER: spelled(by('CZ.rc', 'YYMMDD####'), '######/####'),
  DE_TAX_ID: spelled(germanTaxId, '## ### ### ###', '###########'),
  DK_CPR: spelled(by('DK.cpr', 'DDMMYY####'), '######-####'),
  EE_PERSONAL_CODE: by('EE.ik', '3YYMMDD####', '4YYMMDD####'),
  ES_NIE: by('ES.nie', 'X#######@', 'Y#######@', 'Z#######@'),
  ES_NIF: by('ES.dni', '########@'),
  FI_HETU: by('FI.hetu', 'DDMMYY-####', 'DDMMYY-###@'),
  FR_NIR: spelled(by('FR.nir', '1YYMM75########', '2YYMM13########'), '# ## ## ## ### ### ##', '###############'),
  HR_OIB: by('HR.oib', '###########'),
  IE_PPS: by('IE.pps', '#######@', '#######@A'),
  IL_ID: by('IL.idnr', '#########'),
  IN_AADHAAR: spelled(by('IN.aadhaar', '############'), '#### #### ####', '############'),
  IN_PAN: chance => chance.fill(`@@@${chance.one(['P', 'C', 'H', 'F'])}@####@`),
  IT_FISCAL_CODE: by('IT.codicefiscale', '@@@@@@##A##H###@', '@@@@@@##T##F###@'),
  KR_RRN: spelled(by('KR.rrn', 'YYMMDD1######', 'YYMMDD2######'), '######-#######'),
  MX_CURP: by('MX.curp', 'BOXWYYMMDDHNERXN0#', 'GAMAYYMMDDMDFRRL0#'),
  NL_BSN: by('NL.bsn', '#########'),
  NO_FNR: spelled(by('NO.fodselsnummer', 'DDMMYY#####'), '###### #####', '###########'),
  PL_PESEL: by('PL.pesel', 'YYMMDD#####'),
  PT_NIF: by('PT.nif', '1########', '2########'),
  RO_CNP: by('RO.cnp', '1YYMMDD12####', '2YYMMDD40####'),
  SE_PERSONNUMMER: spelled(by('SE.personnummer', 'YYMMDD-####'), '###########'),
  SG_NRIC: nric,
  TH_ID: spelled(by('TH.idnr', '#############'), '#-####-#####-##-#', '#############'),
  TR_TCKN: by('TR.tckimlik', '###########'),
  TW_ID: by('TW.natid', '@1########', '@2########'),
  ZA_ID: by('ZA.idnr', 'YYMMDD#######'),
}

function nric(chance: Chance): string {
  const digits = chance.digits(7)
  const rest =
    [...digits].reduce((sum, digit, index) => sum + Number(digit) * ([2, 7, 6, 5, 4, 3, 2][index] ?? 0), 0) % 11
  return `S${digits}${'JZIHGFEDCBA'[rest]}`
}

/** Of the first ten digits one stands there two or three times, all others at most once; stdnum is laxer. */
function germanTaxId(chance: Chance): string {
  return chance.until(
    () => by('DE.idnr', '###########')(chance),
    text => {
      const counts = [...'0123456789']
        .map(digit => text.slice(0, 10).split(digit).length - 1)
        .filter(count => count > 1)
      return counts.length === 1 && (counts[0] ?? 0) < 4
    },
  )
}
