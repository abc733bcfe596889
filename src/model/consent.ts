import { Type } from 'typebox'
import { closed, type Data, text } from './schema.ts'

/** Something in a plan that is probably a mistake, and the word that a person types to consent to it. */
export const Consent = closed('Something that needs more than a yes.', {
  word: Type.Enum(['prune', 'remove', 'discard', 'rename', 'start', 'restore'], {
    description:
      '`prune`: what left the spec or is to be absent; `remove`: what a rollback removes; `discard`: the contents of trees; `rename`: a machine takes the name of another host; `start`: without data; `restore`: etcd begins anew from a snapshot.',
  }),
  what: text('One sentence.'),
})
export type Consent = Data<typeof Consent>

export function consentsTo(word: Consent['word'], sentences: readonly string[]): readonly Consent[] {
  return sentences.map((what) => ({ word, what }))
}
