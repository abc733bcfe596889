import { type Static, Type } from 'typebox'
import type { Probe } from '../../model/facts.ts'
import type { Signature } from '../../model/operation.ts'
import { invalid, type Self } from './define-resource.ts'
import { HttpUrl } from './schema-types.ts'

const SignatureSchema = Type.Object(
  {
    url: HttpUrl('its signature'),
    minisign: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9+/]{56}$',
        description: 'a public key of minisign, 56 characters, as the second line of minisign.pub',
      }),
    ),
    ssh: Type.Optional(
      Type.String({
        pattern: '^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+={0,2}$',
        description: 'a public key of SSH without a comment, such as "ssh-ed25519 AAAA..."',
      }),
    ),
    namespace: Type.Optional(
      Type.String({
        pattern: '^[^\\s\\u0000-\\u001f"]+$',
        description: 'one word; for what it was signed with a key of SSH (ssh-keygen -n), often "file"',
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'a map of who signed it, { minisign: KEY, url: URL } or { ssh: KEY, namespace: file, url: URL }; the host verifies what it downloads before it uses it',
  },
)

/** Who must have signed what is downloaded, for its property in a schema. */
export const signature = Type.Optional(SignatureSchema)

/** The same as declared for a resource; throws a SpecError for half of one, or two at once. */
export function signatureOf(
  declared: Static<typeof SignatureSchema> | undefined,
  self: Self,
): Signature | undefined {
  if (declared === undefined) return undefined
  const { minisign, ssh, namespace, url } = declared
  if (minisign !== undefined && ssh === undefined && namespace === undefined) return { minisign, url }
  if (ssh !== undefined && minisign === undefined && namespace !== undefined) return { ssh, namespace, url }
  invalid(
    self,
    'its signature is not of one key',
    'set minisign, or ssh with the namespace for which it was signed, such as file',
  )
}

/** Whether the host has these programs, of which it needs one each. */
export function toolProbes(needed: readonly (readonly string[])[]): readonly Probe[] {
  return needed.flat().map((tool) => ({ probe: 'tool', tool }))
}
