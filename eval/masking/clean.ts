import type { Chance } from './chance.ts'

const hex = (chance: Chance, ...lengths: number[]) => lengths.map(length => chance.text('hex', length)).join('-')
/** GS1's check digit, which article numbers and ISBNs carry. */
const ean = (body: string) =>
  body +
  String((10 - ([...body].reduce((sum, digit, index) => sum + Number(digit) * (index % 2 ? 3 : 1), 0) % 10)) % 10)
const moment = (chance: Chance) => new Date(1.5e12 + chance.below(3e11)).toISOString()
/** With one digit changed, which every checksum catches. */
const spoiled = (chance: Chance, text: string) => {
  const at = chance.one([...text.matchAll(/\d/g)].map(({ index }) => index))
  return text.slice(0, at) + ((Number(text[at]) + chance.between(1, 9)) % 10) + text.slice(at + 1)
}

/** Texts without personal data or secrets, most of them made to look as if. */
export const cleanTexts: readonly ((chance: Chance) => string)[] = [
  chance => hex(chance, 8, 4, 4, 4, 12),
  chance => `commit ${chance.text('hex', 40)} by build ${chance.below(9999)}`,
  chance => `sha256:${chance.text('hex', 64)}`,
  chance => `md5 ${chance.text('hex', 32)}`,
  chance => moment(chance),
  chance =>
    `{"created":${1.6e9 + chance.below(2e8)},"updated_ms":${1.6e12 + chance.below(2e11)},"count":${chance.below(1e6)}}`,
  chance =>
    `{"order_id":"${chance.digits(chance.between(6, 12))}","total":"${chance.below(99999) / 100}","currency":"EUR"}`,
  chance =>
    `Order #${chance.digits(8)} of ${moment(chance).slice(0, 10)} has shipped, ${chance.between(1, 9)} parcels.`,
  chance => `invoice ${moment(chance).slice(0, 10)}/${chance.digits(4)}, due in ${chance.between(7, 60)} days`,
  chance =>
    `v${chance.between(1, 20)}.${chance.below(40)}.${chance.below(99)}-rc.${chance.below(9)} released, was ${chance.below(9)}.${chance.below(20)}.${chance.below(9)}`,
  chance => `version ${chance.below(9)}.${chance.below(20)}.${chance.below(99)}.${chance.below(250)} of the driver`,
  chance => `EAN ${ean(`${chance.one(['40', '50', '30', '80', '54'])}${chance.digits(10)}`)} in stock`,
  chance => `ISBN ${ean(`978${chance.digits(9)}`)}`,
  chance =>
    `see https://docs.company.com/${chance.text('lower', 6)}/${chance.below(9999)}?page=${chance.below(99)}&ref=${chance.text('hex', 8)}`,
  chance => `at ${chance.below(24)}:${chance.digits(2)}:${chance.digits(2)} the queue held ${chance.below(9999)} items`,
  chance =>
    `position ${(chance.below(180_000_000) / 1e6 - 90).toFixed(6)}, ${(chance.below(360_000_000) / 1e6 - 180).toFixed(6)}`,
  chance => `colour #${chance.text('hex', 6)}, size ${chance.below(4000)}x${chance.below(3000)}, ${chance.below(100)}%`,
  chance =>
    `import { ${chance.text('lower', 5)} } from '@${chance.text('lower', 6)}/${chance.text('lower', 5)}@${chance.below(9)}.${chance.below(20)}.${chance.below(9)}'`,
  chance => `images/logo@${chance.between(2, 3)}x.png and /var/log/app-${chance.digits(8)}.log`,
  chance => `git@github.com:${chance.text('lower', 6)}/${chance.text('lower', 6)}.git`,
  chance => `std::vector<${chance.text('lower', 3)}::${chance.text('lower', 4)}> x${chance.below(9)};`,
  chance => `card ending in ${chance.digits(4)}, expires ${chance.between(10, 12)}/${chance.between(27, 31)}`,
  chance => `test card ${spoiled(chance, '4111 1111 1111 1111')} must be refused`,
  chance => `IBAN ${spoiled(chance, 'DE89 3704 0044 0532 0130 00')} is mistyped`,
  chance => `SSN ${chance.one(['000', '666'])}-${chance.digits(2)}-${chance.digits(4)} cannot exist`,
  chance => `NHS number ${spoiled(chance, '943 476 5919')} has a wrong digit`,
  () => 'a passport is needed; born leaders welcome; phone calls from 9 to 17',
  chance => `password: ${chance.one(['required', 'string', '********', '<your password>', '%PASSWORD%', 'hidden'])}`,
  chance =>
    `{"token_type":"Bearer","expires_in":${chance.below(9999)},"next_page_token":"${chance.text('alnum', 24)}"}`,
  chance => `data:image/png;base64,${chance.text('base64', 120)}`,
  chance =>
    `message id ${chance.digits(18)} in channel ${chance.text('lower', 7)}`.replace(
      /id \d/,
      `id ${chance.one(['1', '7', '9'])}`,
    ),
  chance =>
    `tracking ${chance.fill('1Z@#@##########')} or ${chance.fill('@@#########@@').replace(/@/g, 'X')}`.toUpperCase(),
  chance =>
    `meeting on ${moment(chance).slice(0, 10)} in room ${chance.below(400)}, ${chance.between(2, 30)} people, budget $${chance.between(1, 999)},${chance.digits(3)}.00`,
  chance => `scores: ${Array.from({ length: 8 }, () => chance.below(100)).join(' ')}`,
  chance => `matrix ${Array.from({ length: 6 }, () => (chance.below(10000) / 1000).toFixed(3)).join(', ')}`,
  chance =>
    `request ${chance.text('alnum', 22)} took ${chance.below(900)} ms, trace 00-${chance.text('hex', 32)}-${chance.text('hex', 16)}-01`,
  chance =>
    `Die Lieferung ${chance.digits(6)} kommt am ${chance.between(1, 28)}.${chance.between(1, 12)}.2026 um 14:30 Uhr.`,
  chance => `le colis ${chance.digits(7)} arrive le ${chance.between(10, 28)}/${chance.between(10, 12)}/2026`,
  chance =>
    `The quick ${chance.text('lower', 6)} fox jumped over ${chance.below(100)} lazy dogs in ${1900 + chance.below(120)}.`,
  chance =>
    `ERROR E${chance.digits(5)} at ${chance.text('lower', 8)}.ts:${chance.below(999)}:${chance.below(99)} (code ${chance.digits(3)}-${chance.digits(2)})`,
]

/** Clean texts that a reasonable engine may take for something. */
export const hardCleanTexts: readonly ((chance: Chance) => string)[] = [
  chance => `part ${chance.digits(3)}-${chance.digits(3)}-${chance.digits(4)} is out of stock`,
  chance => `policy ${chance.between(100, 600)}-${chance.between(10, 99)}-${chance.between(1000, 9999)} was renewed`,
  chance => `build 10.${chance.below(250)}.${chance.below(250)}.${chance.below(250)}`,
]
