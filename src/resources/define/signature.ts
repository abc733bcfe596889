import { Type } from 'typebox'
import type { Probe } from '../../model/facts.ts'
import { HttpUrl } from './schema-types.ts'

/** Who must have signed what is downloaded, for its property in a schema. */
export const signature = Type.Optional(
  Type.Union(
    [
      Type.Object(
        {
          minisign: Type.String({
            pattern: '^[A-Za-z0-9+/]{56}$',
            description: 'a public key of minisign, 56 characters, as the second line of minisign.pub',
          }),
          url: HttpUrl('its signature'),
        },
        { additionalProperties: false },
      ),
      Type.Object(
        {
          ssh: Type.String({
            pattern:
              '^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+={0,2}$',
            description: 'a public key of SSH, such as "ssh-ed25519 AAAA..."',
          }),
          namespace: Type.String({
            pattern: '^[^\\s\\u0000-\\u001f"]+$',
            description: 'one word; for what it was signed (ssh-keygen -n), often "file"',
          }),
          url: HttpUrl('its signature'),
        },
        { additionalProperties: false },
      ),
    ],
    {
      description:
        'a map of who signed it, { minisign: KEY, url: URL } or { ssh: KEY, namespace: file, url: URL }; the host verifies what it downloads before it uses it',
    },
  ),
)

/** Whether the host has these programs, of which it needs one each. */
export function toolProbes(needed: readonly (readonly string[])[]): readonly Probe[] {
  return needed.flat().map((tool) => ({ probe: 'tool', tool }))
}
