import { mod97 } from './mod97.ts'

/** How long an IBAN of each country is: the SWIFT registry, and the countries that use IBANs unregistered. */
const lengths = new Map(
  (
    'AD24 AE23 AL28 AO25 AT20 AZ28 BA20 BE16 BF28 BG22 BH22 BI27 BJ28 BR29 BY28 CF27 CG27 CH21 CI28 CM27 CR22 CV25 ' +
    'CY28 CZ24 DE22 DJ27 DK18 DO28 DZ26 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GA27 GB22 GE22 GI23 GL18 GQ27 GR27 GT28 ' +
    'GW25 HN28 HR21 HU28 IE22 IL23 IQ23 IR26 IS26 IT27 JO30 KM27 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MA28 ' +
    'MC27 MD24 ME22 MG27 MK19 ML28 MN20 MR27 MT31 MU30 MZ25 NE28 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 ' +
    'RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SN28 SO23 ST25 SV28 TD27 TG28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map(row => [row.slice(0, 2), Number(row.slice(2))]),
)

/**
 * How many characters of this text are an IBAN at its start, single blanks or hyphens between them counted; 0 if
 * none is there (ISO 13616: country, check digits by 97, the country's length).
 */
export function ibanLength(text: string): number {
  const wanted = lengths.get(text.slice(0, 2).toUpperCase())
  if (wanted === undefined) return 0
  let plain = ''
  let index = 0
  for (; index < text.length && plain.length < wanted; index++) {
    const letter = text.charAt(index)
    if (letter !== ' ' && letter !== '-') plain += letter
  }
  const iban = plain.toUpperCase()
  return plain.length === wanted && mod97(iban.slice(4) + iban.slice(0, 4)) === 1 ? index : 0
}
