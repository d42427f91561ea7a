import { isDay } from './checks/digits.ts'
import { contextWords } from './context.ts'

/** Words beside which a date is somebody's day of birth. */
export const birthWords = contextWords([
  'dob',
  'do b',
  'd.o.b',
  'd.o.b.',
  'born',
  'born on',
  'birth',
  'birthday',
  'birthdate',
  'date of birth',
  'bday',
  'geboren',
  'geburtsdatum',
  'geburtstag',
  'geb',
  'naissance',
  'né le',
  'née le',
  'nacimiento',
  'nascita',
  'nato il',
  'nata il',
  'nascimento',
  'geboortedatum',
  'urodzenia',
  'födelsedatum',
  'fødselsdato',
])

/** Is it a day in the calendar, of a year from 1900 on, in any order of day, month and year? */
export function isBirthDay(spelling: string): boolean {
  const plain = /^\d{8}$/.test(spelling)
    ? `${spelling.slice(0, 4)}-${spelling.slice(4, 6)}-${spelling.slice(6)}`
    : spelling
  const parts = plain.split(/[./ -]/)
  const [first = '', second = '', third = ''] = parts
  const isYear = (part: string) => part.length === 2 || (part.length === 4 && /^(?:19|20)/.test(part))
  if (first.length === 4) return isYear(first) && isDay(Number(second), Number(third))
  return isYear(third) && (isDay(Number(first), Number(second)) || isDay(Number(second), Number(first)))
}
