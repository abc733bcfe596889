import type { Mistake } from '../model/diagnostic.ts'
import { isSecret, revealed, Secret } from '../model/secret.ts'
import { FormatError } from './format-error.ts'
import { isVariableName, unreadableCharacter } from './systemd/text.ts'

/** Variables of an `EnvironmentFile=`, in order. Booleans become `true` and `false`. */
export interface EnvironmentVariables {
  readonly [name: string]: string | number | boolean
}

/** The same, also with secrets. */
export interface SecretEnvironmentVariables {
  readonly [name: string]: string | number | boolean | Secret
}

/**
 * Renders a file for systemd's `EnvironmentFile=`, whose quoting is not the shell's. systemd reads back every value
 * byte for byte (`parse_env_file_internal` in its env-file.c). Throws a FormatError that names every variable with an
 * invalid name or with a character that systemd refuses.
 */
export function renderEnvFile(variables: EnvironmentVariables): string
export function renderEnvFile(variables: SecretEnvironmentVariables): string | Secret
export function renderEnvFile(variables: SecretEnvironmentVariables): string | Secret {
  const entries = Object.entries(variables).map(
    ([name, value]) => [name, isSecret(value) ? value : String(value)] as const,
  )
  const problems = entries.flatMap(([name, value]) => checkVariable(name, revealed(value)))
  if (problems.length > 0) throw new FormatError(problems)
  return Secret.concat(
    entries.flatMap(([name, value]) =>
      isSecret(value) ? [`${name}="`, value.encoded(escaped), '"\n'] : [`${name}=${quote(value)}\n`],
    ),
  )
}

function checkVariable(name: string, value: string): readonly Mistake[] {
  if (!isVariableName(name))
    return [
      {
        message: `env file: ${JSON.stringify(name)} is not the name of an environment variable`,
        hint: 'use letters, digits and _, and no digit at the start',
      },
    ]
  const unreadable = unreadableCharacter(value)
  if (unreadable === undefined) return []
  return [
    {
      message: `env file: the value of ${name} contains the character ${unreadable}, which systemd refuses`,
      hint: 'remove it',
    },
  ]
}

// Within double quotes a backslash escapes only these four characters; everything else, line breaks too, is literal.
function quote(value: string): string {
  if (/^[\w./:@%+,=-]*$/.test(value)) return value
  return `"${escaped(value)}"`
}

function escaped(value: string): string {
  return value.replaceAll(/["\\`$]/g, '\\$&')
}
