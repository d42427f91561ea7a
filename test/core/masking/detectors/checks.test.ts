import { stdnum } from 'stdnum'
import { describe, expect, it } from 'vitest'
import { aba, npi } from '#core/masking/detectors/checks/americas.ts'
import { auMedicare } from '#core/masking/detectors/checks/asia-africa-pacific.ts'
import { isCard } from '#core/masking/detectors/checks/cards.ts'
import { ukNhs } from '#core/masking/detectors/checks/europe.ts'
import { ibanLength } from '#core/masking/detectors/checks/iban.ts'
import { vin } from '#core/masking/detectors/checks/vin.ts'
import type { EntityType } from '#core/masking/detectors/entity-types.ts'
import { numberRows } from '#core/masking/detectors/numbers/rows.ts'
import { wordRows } from '#core/masking/detectors/words/rows.ts'

/** Our types, the validators of another author, and how candidates for them look. */
const others: readonly (readonly [type: EntityType, validator: string, pattern: string])[] = [
  ['AR_CUIT', 'AR.cuit', '20#########'],
  ['AU_ABN', 'AU.abn', '5##########'],
  ['AU_TFN', 'AU.tfn', '#########'],
  // the check digits go from 01 to 97: the other author also takes 98, 99 and 00, which nobody is given
  ['BE_NATIONAL_NUMBER', 'BE.nn', '850730###4#'],
  ['BG_EGN', 'BG.egn', '752316####'],
  ['BR_CNPJ', 'BR.cnpj', '########0001##'],
  ['BR_CPF', 'BR.cpf', '###########'],
  ['CA_SIN', 'CA.sin', '1########'],
  ['CH_AHV', 'CH.ssn', '756##########'],
  ['CN_RESIDENT_ID', 'CN.ric', '11010519800712####'],
  ['CZ_BIRTH_NUMBER', 'CZ.rc', '710319####'],
  ['EE_PERSONAL_CODE', 'EE.ik', '3680528####'],
  ['ES_NIE', 'ES.nie', 'X#######@'],
  ['ES_NIF', 'ES.dni', '########@'],
  ['FR_NIR', 'FR.nir', '1850578########'],
  ['HR_OIB', 'HR.oib', '###########'],
  ['IE_PPS', 'IE.pps', '#######@A'],
  ['IL_ID', 'IL.idnr', '#########'],
  ['IN_AADHAAR', 'IN.aadhaar', '############'],
  ['IT_FISCAL_CODE', 'IT.codicefiscale', 'RCCMNL83S18D###@'],
  ['MX_CURP', 'MX.curp', 'BOXW310820HNERXN0#'],
  ['NL_BSN', 'NL.bsn', '#########'],
  ['NO_FNR', 'NO.fodselsnummer', '151086#####'],
  ['PL_PESEL', 'PL.pesel', '440514#####'],
  ['PT_NIF', 'PT.nif', '2########'],
  ['RO_CNP', 'RO.cnp', '163061512####'],
  ['TH_ID', 'TH.idnr', '#############'],
  ['TR_TCKN', 'TR.tckimlik', '###########'],
  ['TW_ID', 'TW.natid', '@1########'],
  ['ZA_ID', 'ZA.idnr', '750330#######'],
]

const random = (bound: number) => Math.floor(Math.random() * bound)
const filled = (pattern: string) =>
  pattern.replaceAll('#', () => String(random(10))).replaceAll('@', () => String.fromCharCode(65 + random(26)))
const checksOf = (type: EntityType) =>
  [...numberRows, ...wordRows].flatMap(row => (row.type === type && row.check ? [row.check] : []))
const passes = (type: EntityType, text: string) => checksOf(type).some(check => check(text, text) === true)
/** The text with one of its digits changed, every way there is. */
const spoiled = (text: string) =>
  [...text.matchAll(/\d/g)].flatMap(({ index }) =>
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map(
      by => text.slice(0, index) + ((Number(text[index]) + by) % 10) + text.slice(index + 1),
    ),
  )

describe('checksums of national numbers', () => {
  it.each(others)('%s: takes what %s takes, and refuses four in five with one digit wrong', (type, name, pattern) => {
    const [country = '', number = ''] = name.split('.')
    const validator = stdnum[country]?.[number]
    const valid: string[] = []
    for (let tries = 0; valid.length < 5 && tries < 20_000; tries++) {
      const text = filled(pattern)
      if (validator?.validate(text).isValid) valid.push(text)
    }
    expect(valid.length).toBeGreaterThan(0)
    expect(valid.filter(text => !passes(type, text))).toEqual([])
    const wrong = valid.flatMap(spoiled)
    expect(wrong.filter(text => passes(type, text)).length / wrong.length).toBeLessThan(0.2)
  })
})

describe('checksums that catch every single wrong digit', () => {
  it.each([
    ['Luhn with an issuer’s range', isCard, '4111111111111111'],
    ['NPI', npi, '1234567893'],
    ['ABA', aba, '021000021'],
    ['NHS', ukNhs, '9434765919'],
    ['Medicare', (text: string) => auMedicare(`${text}1`), '212345670'],
    ['IBAN', (text: string) => ibanLength(text) > 0, 'DE89370400440532013000'],
  ])('%s', (_, check, valid) => {
    expect(check(valid)).toBe(true)
    expect(spoiled(valid).filter(check)).toEqual([])
  })

  it('VIN, but for its own check character’s place', () => {
    expect(vin('1HGCM82633A004352')).toBe(true)
    expect(spoiled('1HGCM82633A004352').filter(vin)).toEqual([])
  })
})
