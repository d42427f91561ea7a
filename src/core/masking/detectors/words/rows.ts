import { birthWords } from '../birth.ts'
import { brCnpj, clRut, mxCurp } from '../checks/americas.ts'
import { cnResidentId, sgNric, twId } from '../checks/asia-africa-pacific.ts'
import { base58Address, bech32Address, ethereumAddress } from '../checks/crypto.ts'
import { esNif, fiHetu, frNir, iePps, itFiscalCode } from '../checks/europe.ts'
import { ibanLength } from '../checks/iban.ts'
import { vin } from '../checks/vin.ts'
import { type ContextWords, contextWords } from '../context.ts'
import { driverLicenseWords, passportWords } from '../document-words.ts'
import type { EntityType } from '../entity-types.ts'

/** A value in which letters and digits stand together. It begins where a word begins and ends where one ends. */
export interface WordRow {
  readonly type: EntityType
  /**
   * What its first characters are, four at most: `A` a capital letter, `a` a small one, `9` a digit, `-` anything
   * else. Only words that begin so are tried.
   */
  readonly heads: readonly string[]
  /** The fewest and the most letters and digits that its first word has. */
  readonly word: readonly [fewest: number, most: number]
  /** The fewest digits that it has; a text with fewer is not searched for it. */
  readonly digits: number
  /** How it is spelled; no anchors. */
  readonly pattern: RegExp
  /** How many characters of what the pattern matched are the value: 0 if none, true if all. */
  readonly check?: (spelling: string) => boolean | number
  readonly context?: ContextWords
  /** Whether it counts without a word of its context beside it. */
  readonly isPlain: boolean
}

const plain = (spelling: string) => spelling.replaceAll(/[^A-Za-z\d]/g, '').toUpperCase()
const months =
  '(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|[Mm]ay|[Jj]une?|[Jj]uly?|[Aa]ug(?:ust)?|[Ss]ept?(?:ember)?|[Oo]ct(?:ober)?|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?)'

export const wordRows: readonly WordRow[] = [
  {
    type: 'IBAN',
    heads: ['AA99', 'aa99'],
    word: [4, 34],
    digits: 2,
    pattern: /[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z\d]){11,30}/,
    check: ibanLength,
    isPlain: true,
  },
  {
    type: 'CRYPTO',
    heads: [''],
    word: [26, 35],
    digits: 0,
    pattern: /[123mn9ADLMX7][1-9A-HJ-NP-Za-km-z]{25,34}/,
    check: base58Address,
    isPlain: true,
  },
  {
    type: 'CRYPTO',
    heads: ['aa9', 'aaa9', 'AA9', 'AAA9'],
    word: [14, 90],
    digits: 1,
    pattern: /(?:bc|tb|ltc|BC|TB|LTC)1[02-9AC-HJ-NP-Zac-hj-np-z]{11,87}/,
    check: bech32Address,
    isPlain: true,
  },
  {
    type: 'CRYPTO',
    heads: ['9a'],
    word: [42, 42],
    digits: 1,
    pattern: /0x[\da-fA-F]{40}/,
    check: ethereumAddress,
    isPlain: true,
  },
  {
    type: 'VIN',
    heads: [''],
    word: [17, 17],
    digits: 1,
    pattern: /[A-HJ-NPR-Z\d]{17}/,
    check: text => /[A-Z]/.test(text) && /\d/.test(text) && vin(text),
    isPlain: true,
  },
  {
    // Europe's carry no check character, so there the word decides
    type: 'VIN',
    heads: ['A'],
    word: [17, 17],
    digits: 4,
    pattern: /[S-Z][A-HJ-NPR-Z\d]{10}[A-HJ-NPR-Z\d]{2}\d{4}/,
    context: contextWords(['vin', 'vehicle identification', 'chassis', 'fahrgestellnummer', 'fin']),
    isPlain: false,
  },
  {
    type: 'UK_NINO',
    heads: ['AA99', 'AA-9'],
    word: [2, 9],
    digits: 6,
    pattern: /(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]/,
    isPlain: true,
  },
  {
    type: 'BR_CNPJ',
    heads: ['AA-', 'A9-', '9A-', '99-'],
    word: [2, 2],
    digits: 2,
    pattern: /[A-Z\d]{2}\.[A-Z\d]{3}\.[A-Z\d]{3}\/[A-Z\d]{4}-\d{2}/,
    check: text => brCnpj(plain(text)),
    isPlain: true,
  },
  {
    type: 'CL_RUT',
    heads: ['9-', '99-'],
    word: [1, 2],
    digits: 7,
    pattern: /\d{1,2}\.\d{3}\.\d{3}-[\dKk]/,
    check: text => clRut(plain(text)),
    isPlain: true,
  },
  {
    type: 'CL_RUT',
    heads: ['9999'],
    word: [7, 9],
    digits: 7,
    pattern: /\d{7,8}-?[\dKk]/,
    check: text => clRut(plain(text)),
    context: contextWords(['rut', 'run']),
    isPlain: false,
  },
  {
    type: 'CN_RESIDENT_ID',
    heads: ['9999'],
    word: [18, 18],
    digits: 17,
    pattern: /\d{17}[Xx]/,
    check: cnResidentId,
    isPlain: true,
  },
  {
    type: 'ES_NIE',
    heads: ['A999', 'A-99'],
    word: [1, 9],
    digits: 7,
    pattern: /[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z]/,
    check: text => esNif(plain(text)),
    isPlain: true,
  },
  {
    type: 'ES_NIF',
    heads: ['99-9', '9999'],
    word: [2, 9],
    digits: 8,
    pattern: /\d{2}\.?\d{3}\.?\d{3}[ -]?[A-HJ-NP-TV-Z]/,
    check: text => esNif(plain(text)),
    isPlain: true,
  },
  {
    type: 'FI_HETU',
    heads: ['9999'],
    word: [6, 11],
    digits: 9,
    pattern: /\d{6}[-+A-FU-Y]\d{3}[\dA-FHJ-NPR-Y]/,
    check: fiHetu,
    isPlain: true,
  },
  {
    type: 'FR_NIR',
    heads: ['9-99', '9999'],
    word: [1, 15],
    digits: 14,
    pattern: /[1-478] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}/,
    check: text => frNir(plain(text)),
    isPlain: true,
  },
  {
    type: 'IE_PPS',
    heads: ['9999'],
    word: [8, 9],
    digits: 7,
    pattern: /\d{7}[A-W][A-IW]?/,
    check: iePps,
    context: contextWords(['pps', 'ppsn', 'pps number', 'personal public service']),
    isPlain: false,
  },
  {
    type: 'IN_PAN',
    heads: ['AAAA'],
    word: [10, 10],
    digits: 4,
    pattern: /[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]/,
    isPlain: true,
  },
  {
    type: 'IT_FISCAL_CODE',
    heads: ['AAAA'],
    word: [16, 16],
    digits: 0,
    pattern: /[A-Z]{6}[\dLMNP-V]{2}[A-EHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]/,
    check: itFiscalCode,
    isPlain: true,
  },
  {
    type: 'MX_CURP',
    heads: ['AAAA'],
    word: [18, 18],
    digits: 7,
    pattern: /[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{5}[A-Z\d]\d/,
    check: mxCurp,
    isPlain: true,
  },
  {
    type: 'SG_NRIC',
    heads: ['A999'],
    word: [9, 9],
    digits: 7,
    pattern: /[STFGM]\d{7}[A-Z]/,
    check: sgNric,
    isPlain: true,
  },
  {
    type: 'TW_ID',
    heads: ['A999'],
    word: [10, 10],
    digits: 9,
    pattern: /[A-Z][1289]\d{8}/,
    check: twId,
    context: contextWords(['taiwan', 'national id', 'roc id', '身分證', '身份證']),
    isPlain: false,
  },
  {
    type: 'US_PASSPORT',
    heads: ['A999'],
    word: [9, 9],
    digits: 8,
    pattern: /[A-Z]\d{8}/,
    context: passportWords,
    isPlain: false,
  },
  {
    type: 'US_DRIVER_LICENSE',
    heads: ['A'],
    word: [5, 14],
    digits: 1,
    pattern: /[A-Z]{1,7}\d[A-Z\d]{3,12}/,
    context: driverLicenseWords,
    isPlain: false,
  },
  {
    type: 'US_DRIVER_LICENSE',
    heads: ['A', '99'],
    word: [1, 14],
    digits: 6,
    pattern:
      /(?:[A-Z]{1,2}[- ]?\d{3,4}[- ]\d{3,4}[- ]\d{2,4}(?:[- ]\d{1,4}){0,2}|\d{2,3}[A-Z]{2,3}\d{4,5}|\d{7,9}[A-Z])/,
    context: driverLicenseWords,
    isPlain: false,
  },
  {
    type: 'SWIFT',
    heads: ['AAAA'],
    word: [8, 11],
    digits: 0,
    pattern: /[A-Z]{6}[A-Z\d]{2}(?:[A-Z\d]{3})?/,
    context: contextWords(['swift', 'bic', 'swift code', 'bic code', 'bank identifier']),
    isPlain: false,
  },
  {
    type: 'DATE_OF_BIRTH',
    heads: ['Aaa', '9-', '99-', '9aa', '99aa', '9999'],
    word: [1, 12],
    digits: 5,
    pattern: new RegExp(
      `(?:${months}\\.? \\d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\\d{2}|\\d{1,2}(?:st|nd|rd|th)?(?: of)?[ -]${months}\\.?,?[ -](?:19|20)\\d{2}|(?:19|20)\\d{2}-\\d{2}-\\d{2}T[\\d:.]{2,18}Z?(?:[+-][\\d:]{4,5})?)`,
    ),
    context: birthWords,
    isPlain: false,
  },
]
