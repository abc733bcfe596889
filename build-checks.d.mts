import type { Ajv2020, AnySchemaObject, Options } from 'ajv/dist/2020.js'

export function precompiledChecks(
  bundle: (folder: string, precompiled: string) => Promise<unknown>,
): Promise<string>
export function checkCode(ajv: Ajv2020, schema: AnySchemaObject): Promise<string>
export function withSource(options: Options): Options
