import { Type } from 'typebox'
import { given } from '../../model/given.ts'
import { closed, type Data, list, text } from '../../model/schema.ts'
import { secretKinds } from '../../model/secret-need.ts'
import type { ListedSecret, SecretsListing, ShownSecret } from '../secrets/render-secrets.ts'
import { command, document, formatVersion } from './schema.ts'

const listed = {
  key: text('Its key.'),
  kind: Type.Enum([...secretKinds], { description: 'What it is.' }),
  source: Type.Enum(['value', 'environment', 'file', 'command'], {
    description: '`value`: encrypted in the file. Otherwise what it is read from.',
  }),
  at: Type.Optional(text('The variable, file or command that it is read from.')),
  authority: Type.Optional(text('The key of the authority of its certificate.')),
  public: Type.Optional(text('The public half of a key.')),
  certificate: Type.Optional(text('The certificate as PEM; of an authority that is rotated, both.')),
  names: Type.Optional(list('What the certificate is valid for.', text('A DNS name or an address.'))),
  step: Type.Optional(
    Type.Enum([1, 2], {
      description:
        'How far the rotation of an authority is: 1 while the next one is only trusted, 2 once it has issued all certificates again.',
    }),
  ),
  expires: Type.Optional(text('When the certificate expires: ISO 8601, in UTC.')),
}

export const SecretsDocument = document(
  'Secrets',
  'Printed with --json by the subcommands of `converge secrets` other than `show`. It has no values of secrets.',
  {
    command: command(
      'secrets init',
      'secrets set',
      'secrets edit',
      'secrets list',
      'secrets generate',
      'secrets rotate',
      'secrets check',
      'secrets recipients',
    ),
    file: text('The file of the secrets.'),
    recipients: list(
      'Who can open the values.',
      closed('A recipient.', { name: text('The name.'), key: text('The public key of age.') }),
    ),
    secrets: list(
      'The secrets that the command is about, in the order of the file.',
      closed('A secret.', listed),
    ),
    notes: list(
      'What was done or found.',
      closed('A note.', {
        key: Type.Optional(text('The key of the secret; absent if it is about the file.')),
        severity: Type.Enum(['done', 'warning', 'error'], {
          description: '`done`: the command did it. `error`: something does not work.',
        }),
        message: text('What was done or found.'),
        hint: Type.Optional(text('What to do about it.')),
      }),
    ),
  },
)
export type SecretsDocument = Data<typeof SecretsDocument>

export const SecretDocument = document('Secret', 'Printed by `converge secrets show --json`: one secret.', {
  command: command('secrets show'),
  ...listed,
  value: Type.Optional(text('The value; absent with --public.')),
})
export type SecretDocument = Data<typeof SecretDocument>

export function secretsDocument(listing: SecretsListing): SecretsDocument {
  return { formatVersion, ...listing, secrets: listing.secrets.map(listedObject) }
}

export function secretDocument({ value, ...secret }: ShownSecret): SecretDocument {
  return { formatVersion, command: 'secrets show', ...listedObject(secret), ...given({ value }) }
}

function listedObject(secret: ListedSecret) {
  const { key, kind, source, at, authority, public: half, certificate, names, step, expires } = secret
  return { key, kind, source, ...given({ at, authority, public: half, certificate, names, step, expires }) }
}
