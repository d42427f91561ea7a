import { describe, expect, it } from 'vitest'
import { detectorOf } from '#core/masking/detectors/detector.ts'
import { entityTypes } from '#core/masking/detectors/entity-types.ts'

const all = detectorOf(entityTypes)
/** `type=value` for each finding. */
const found = (text: string, context?: string) =>
  all.find(text, context).map(({ type, subtype, start, end }) => `${subtype ?? type}=${text.slice(start, end)}`)

/** Texts with exactly one value, marked by brackets. Numbers are the examples that their authorities publish. */
const holding: readonly (readonly [type: string, text: string])[] = [
  ['EMAIL', "mail [ann.o'neil+tag@mail.example.co.uk], please"],
  ['EMAIL', 'to: <["ann smith"@example.com]>'],
  ['EMAIL', 'https://example.com/?email=[ann%40example.com]&x=1'],
  ['EMAIL', '[用户@例え.テスト]'],
  ['EMAIL', 'bounce [return+ann=example.com@lists.example.org]'],
  ['PHONE', 'ring [+1 (650) 253-0000 ext. 12] now'],
  ['PHONE', '[(650) 253-0000]'],
  ['PHONE', 'or [650-253-0000]'],
  ['PHONE', 'tel [020 7946 0958]'],
  ['PHONE', '[+44 (0)20 7946 0958]'],
  ['PHONE', 'Tel.: [030/123456]'],
  ['PHONE', 'Handy [０１５１ ２３４５６７８９]'],
  ['PHONE', '电话[13812345678]'],
  ['CREDIT_CARD', 'paid with [4111 1111 1111 1111] 12/29'],
  ['CREDIT_CARD', '[4111-1111-1111-1111]'],
  ['CREDIT_CARD', 'amex [3782 822463 10005]'],
  ['CREDIT_CARD', 'x_[5555555555554444]_y'],
  ['CREDIT_CARD', '[4111 1111 1111 1111]'],
  ['IBAN', 'to [DE89 3704 0044 0532 0130 00] please'],
  ['IBAN', '[GB82WEST12345698765432]'],
  ['SWIFT', 'BIC [DEUTDEFF500]'],
  ['ABA', 'routing number [021000021]'],
  ['CRYPTO', 'send to [1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa]'],
  ['CRYPTO', '[bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4]'],
  ['CRYPTO', '[0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed]'],
  ['IP_ADDRESS', 'from [192.168.10.254]:8080'],
  ['IP_ADDRESS', 'from [2001:db8::ff00:42:8329]/64'],
  ['IP_ADDRESS', '[fe80::1%eth0]'],
  ['IP_ADDRESS', '[::ffff:192.0.2.128]'],
  ['MAC_ADDRESS', 'hw [00:1B:44:11:3A:B7]'],
  ['MAC_ADDRESS', 'hw [001b.4411.3ab7]'],
  ['DATE_OF_BIRTH', 'born on [23 October 1985] in Rome'],
  ['DATE_OF_BIRTH', 'DOB: [10/23/1985]'],
  ['DATE_OF_BIRTH', 'Geburtsdatum [23.10.1985]'],
  ['VIN', 'VIN [1HGCM82633A004352]'],
  ['NPI', 'NPI [1234567893]'],
  ['US_SSN', 'she has [536-90-4399]'],
  ['US_SSN', 'SSN [536904399]'],
  ['US_ITIN', '[912-70-1234]'],
  ['US_PASSPORT', 'passport no. [912803456]'],
  ['US_DRIVER_LICENSE', "driver's license [D1234567]"],
  ['UK_NHS', 'NHS number [943 476 5919]'],
  ['UK_NINO', 'NI [AB 12 34 56 C]'],
  ['AR_CUIT', '[20-12345678-6]'],
  ['AU_ABN', 'ABN [51 824 753 556]'],
  ['AU_MEDICARE', 'Medicare [2123 45670 1]'],
  ['AU_TFN', 'TFN [123 456 782]'],
  ['BE_NATIONAL_NUMBER', '[85.07.30-033.28]'],
  ['BG_EGN', 'ЕГН [7523169263]'],
  ['BR_CNPJ', '[11.222.333/0001-81]'],
  ['BR_CNPJ', '[12.ABC.345/01DE-35]'],
  ['BR_CPF', '[529.982.247-25]'],
  ['CA_SIN', 'SIN [046 454 286]'],
  ['CH_AHV', '[756.9217.0769.85]'],
  ['CL_RUT', '[12.531.909-2]'],
  ['CN_RESIDENT_ID', '[11010519491231002X]'],
  ['CZ_BIRTH_NUMBER', '[710319/2745]'],
  ['DE_TAX_ID', 'Steuer-ID [36 574 261 809]'],
  ['DK_CPR', '[211062-5629]'],
  ['EE_PERSONAL_CODE', '[36805280109]'],
  ['ES_NIF', '[54362315K]'],
  ['ES_NIE', '[X-2482300W]'],
  ['FI_HETU', '[131052-308T]'],
  ['FR_NIR', '[2 95 10 99 126 111 93]'],
  ['HR_OIB', 'OIB [33392005961]'],
  ['IE_PPS', 'PPS [6433435F]'],
  ['IL_ID', 'Israeli ID [039337423]'],
  ['IN_AADHAAR', '[2341 2341 2346]'],
  ['IN_PAN', '[ACUPA7085R]'],
  ['IT_FISCAL_CODE', '[RCCMNL83S18D969H]'],
  ['KR_RRN', '[971013-9019902]'],
  ['MX_CURP', '[BOXW310820HNERXN09]'],
  ['NL_BSN', 'BSN [111222333]'],
  ['NO_FNR', '[151086 95088]'],
  ['PL_PESEL', 'PESEL [44051401359]'],
  ['PT_NIF', 'NIF [501964843]'],
  ['RO_CNP', 'CNP [1630615123457]'],
  ['SE_PERSONNUMMER', '[880320-0016]'],
  ['SG_NRIC', '[S7343684B]'],
  ['TH_ID', '[1-2345-45678-78-1]'],
  ['TR_TCKN', 'TC kimlik [17291716060]'],
  ['TW_ID', 'national ID [A123456789]'],
  ['ZA_ID', '[7503305044089]'],
  ['url_password', 'postgres://[app:s3cr3t]@db.example.com/x'],
  ['password', 'password: [hunter2!]'],
]

describe('values and the types they are found as', () => {
  it.each(holding)('%s in %s', (type, marked) => {
    const value = /\[(.*)\]/.exec(marked)?.[1]
    expect(found(marked.replace(/\[(.*)\]/, '$1'))).toEqual([`${type}=${value}`])
  })

  it('covers every type but an operator’s own and secrets, which have a test of their own', () => {
    const covered = new Set(holding.map(([type]) => type))
    expect(entityTypes.filter(type => !covered.has(type))).toEqual(['API_SECRET', 'CUSTOM'])
  })
})

describe('what only looks like a value', () => {
  it.each([
    'order 1234-5678-9012-3456 of 2026-11-21T10:00:00Z',
    '4111111111111112',
    'version 1.2.3.4 and v10.20.30.40',
    'at 12:34:56 or 2026-11-21 12:34',
    'id 3f2b8c9a-1d4e-4f6a-9b7c-0123456789ab',
    'sha 5d41402abc4b2a76b9719d911017c592',
    'std::vector<a::b>',
    'logo@2x.png git@github.com:team/app.git',
    'passport control is closed, birthday 10% off',
    'EAN 4006381333931',
    'created 1732182345, 1732182345123, updated 20261121153045',
    'password: required',
    'LB62 0999 0000 0001 0019 0122 9115',
    '000-12-3456 666-12-3456 900-12-3456',
    'https://example.com:8080/a@b',
    'DOCUMENT RECEIVED ABCDEFGH',
    `is open" ${'a b '.repeat(15)}c"@example.org`,
  ])('leaves %s', text => {
    expect(found(text)).toEqual([])
  })
})

describe('a key beside the text', () => {
  it.each([
    ['passportNumber', '912803456', 'US_PASSPORT'],
    ['date_of_birth', '1985-10-23', 'DATE_OF_BIRTH'],
    ['phone', '5551234567', 'PHONE'],
    ['ssn', '536904399', 'US_SSN'],
    ['db_password', 'correct-horse', 'password'],
    ['cardNumber', '4111111111111111', 'CREDIT_CARD'],
  ])('%s: %s is %s', (context, text, type) => {
    expect(found(text, context)).toEqual([`${type}=${text}`])
  })

  it.each([
    ['password_changed_at', '2026-11-21T10:00:00Z'],
    ['next_page_token', 'CAUQAA9f3kQ2x8Zb71Lm'],
    ['tokenType', 'Bearer'],
  ])('%s: %s is nothing', (context, text) => {
    expect(found(text, context)).toEqual([])
  })
})
