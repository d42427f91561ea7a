/** Texts in which a value may stand, at `{}`, whatever it is. */
export const anywhere = [
  '{}',
  'Please update {} in the system.',
  'customer wrote: {} (see ticket 4711)',
  '{"note":"{}","status":"open"}',
  'Bitte prüfen Sie {}, danke.',
  '2026-11-21T10:00:00Z INFO handled {} in 12 ms',
  'name;value;state\nAnn;{};paid',
  'お客様: {} です',
  '<p>{}</p>',
] as const

/** Texts that say what stands in them, for types that nothing else tells; written as people and programs write them. */
export const named: Readonly<Record<string, readonly string[]>> = {
  SWIFT: ['SWIFT code {}', 'BIC: {}', '{"bic":"{}"}'],
  ABA: ['routing number {}', 'ABA {} at the bank', '{"routing_number":"{}"}'],
  DATE_OF_BIRTH: [
    'DOB: {}',
    'she was born on {} in Lyon',
    'Geburtsdatum: {}',
    '{"dateOfBirth":"{}"}',
    'fecha de nacimiento {}',
  ],
  NPI: ['NPI {}', 'provider NPI: {}', '{"npi":"{}"}'],
  US_PASSPORT: ['passport {}', 'my passport number is {}', '{"passportNumber":"{}"}'],
  US_DRIVER_LICENSE: ["driver's license {}", 'DL# {}', '{"driver_license":"{}"}'],
  UK_NHS: ['NHS number: {}', 'NHS no {}', '{"nhsNumber":"{}"}'],
  AR_CUIT: ['CUIT {}'],
  AU_ABN: ['ABN {}'],
  AU_MEDICARE: ['Medicare card {}', 'medicare: {}'],
  AU_TFN: ['TFN {}', 'tax file number {}'],
  BG_EGN: ['ЕГН {}', 'EGN: {}'],
  BR_CNPJ: ['CNPJ {}'],
  BR_CPF: ['CPF {}', 'cpf: {}'],
  CA_SIN: ['SIN {}', 'social insurance number {}'],
  CZ_BIRTH_NUMBER: ['rodné číslo {}'],
  DE_TAX_ID: ['Steuer-ID {}', 'IdNr. {}', '{"taxId":"{}"}'],
  DK_CPR: ['CPR {}', 'CPR-nr.: {}', 'personnummer {}'],
  HR_OIB: ['OIB {}', 'OIB: {}'],
  IE_PPS: ['PPS number {}', 'PPSN: {}'],
  IL_ID: ['Israeli ID {}', 'teudat zehut {}'],
  IN_AADHAAR: ['Aadhaar {}'],
  NL_BSN: ['BSN {}', 'burgerservicenummer {}'],
  PL_PESEL: ['PESEL {}', 'numer PESEL: {}'],
  PT_NIF: ['NIF {}', 'contribuinte {}'],
  RO_CNP: ['CNP {}', 'cod numeric personal {}'],
  TH_ID: ['Thai ID {}'],
  TR_TCKN: ['TC kimlik no {}', 'TCKN {}'],
  TW_ID: ['Taiwan national ID {}'],
}

/** Beside these, national spellings of telephone numbers are known. */
export const phoneTexts = [
  'phone {}',
  'Tel.: {}',
  'call me at {} tomorrow',
  'Handy: {}',
  '{"mobile":"{}"}',
  'teléfono {}',
  'WhatsApp {}',
] as const
