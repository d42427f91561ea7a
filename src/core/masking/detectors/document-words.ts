import { contextWords } from './context.ts'

/** Words beside the number of a document, whether that number is spelled with letters or not. */
export const passportWords = contextWords(['passport', 'passports', 'passport number', 'passport no'])

/** The same of a driver's licence. */
export const driverLicenseWords = contextWords([
  'driver license',
  'drivers license',
  "driver's license",
  'driver licence',
  'drivers licence',
  "driver's licence",
  'driving license',
  'driving licence',
  'driver lic',
  'dl',
  'dl no',
  'dl number',
  'dln',
  'cdl',
  'lic no',
  'license number',
  'licence number',
  'permit',
])
