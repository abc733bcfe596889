import { createRequire } from 'node:module'
import type * as Ajv from 'ajv/dist/2020.js'
import { ajvOptions } from './ajv-options.ts'

let ajv: Ajv.Ajv2020 | undefined

/** One instance, because each compiles the meta-schemas; loaded at the first schema that was not compiled at the build. */
export function loadedAjv(): Ajv.Ajv2020 {
  if (ajv === undefined) {
    const { Ajv2020 }: typeof Ajv = createRequire(import.meta.url)('ajv/dist/2020.js')
    ajv = new Ajv2020(ajvOptions)
  }
  return ajv
}
