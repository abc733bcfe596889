import { codePointName } from '../../validation/foreign-character.ts'

/**
 * Names the first character that systemd refuses wherever it reads text (`unichar_is_valid` in its utf8.c):
 * NUL, a noncharacter, half a surrogate pair. Undefined when all is readable.
 */
export function unreadableCharacter(text: string): string | undefined {
  const found = /[\0\p{Noncharacter_Code_Point}\p{Surrogate}]/u.exec(text)
  return found === null ? undefined : codePointName(found[0])
}

/** Whether systemd accepts a name for an environment variable. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
}
