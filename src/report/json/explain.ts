import { Type } from 'typebox'
import type { Explanation } from '../../model/explanation.ts'
import { closed, type Data, list, text } from '../../model/schema.ts'
import { command, count, counts, document, formatVersion, hostName } from './schema.ts'

const position = Type.Optional(
  closed('Where it is written.', {
    file: text('The file.'),
    ...counts({ line: 'Line, from 1.', column: 'Column, from 1.' }),
    length: Type.Optional(Type.Integer({ minimum: 0, description: 'Length in characters.' })),
  }),
)

const any = (description: string) => Type.Unknown({ description })
const by = text('Who made it: a recipe, a role or a host.')
const resource = text('The identity of the resource, such as `file[/etc/motd]`.')

const causes = (description: string) =>
  Type.Unsafe<readonly unknown[]>({ type: 'array', items: { $ref: '#/$defs/cause' }, description })

const cause = closed('Something that a value or a line depends on.', {
  kind: Type.Enum(['value', 'hosts', 'text'], {
    description:
      '`value`: a declared value. `hosts`: which hosts match. `text`: what the spec says at the place itself.',
  }),
  what: text('A dotted path; or what chooses the hosts, such as `recipe:etcd`.'),
  hosts: Type.Optional(list('Whose value it is, or the hosts that match.', hostName)),
  value: Type.Optional(any('Its value; absent if there is none, or if it ends up in something sensitive.')),
  written: Type.Optional(any('As it is written, if that has expressions.')),
  layer: Type.Optional(text('The layer that sets or removes it; absent if none does.')),
  position,
  refersTo: causes('What the expressions in it refer to.'),
})

export const ExplainDocument = document(
  'Explanation',
  'Printed by `converge explain --json`: where a host, a value or a line comes from.',
  {
    command: command('explain'),
    cluster: text('Name of the cluster.'),
    // Values may be nested to any depth, too deep for a type made from the schema.
    explanation: Type.Unsafe<unknown>(
      Type.Union(
        [
          closed('Of a host.', {
            about: Type.Literal('host', { description: 'What is explained: a host.' }),
            host: hostName,
            address: text('Its address.'),
            environment: Type.Optional(
              closed('Its environment.', { name: text('Its name.'), by: text('Who sets it.'), position }),
            ),
            roles: list(
              'Its roles, in order.',
              closed('A role.', { name: text('Its name.'), by: text('Who lists it.'), position }),
            ),
            layers: list('The layers that set its values, weakest first.', text('A layer.')),
            made: list(
              'What it is to have, in the order of the spec.',
              closed('What one recipe or declaration made.', {
                by,
                position,
                listedBy: Type.Optional(text('The role or host that lists the recipe.')),
                resources: list('What it made.', resource),
                dependsOn: Type.Optional(causes('If it made nothing: what it reads.')),
              }),
            ),
          }),
          closed('Of values.', {
            about: Type.Literal('values', { description: 'What is explained: values.' }),
            host: hostName,
            values: list(
              'Each value.',
              closed('A value.', {
                path: text('Its dotted path.'),
                value: Type.Optional(any('What it is; absent if it was removed.')),
                settings: list(
                  'Every layer that sets or removes it, weakest first.',
                  closed('What one layer says.', {
                    layer: text('The layer.'),
                    value: any('As it is written; null removes what weaker layers set.'),
                    effect: Type.Enum(['sets', 'removes', 'overridden'], {
                      description: '`overridden`: a stronger layer decides.',
                    }),
                    position,
                  }),
                ),
                refersTo: causes('What the expressions in it refer to.'),
              }),
            ),
          }),
          closed('Of what a host gets.', {
            about: Type.Literal('outputs', { description: 'What is explained: what a host gets.' }),
            host: hostName,
            outputs: list(
              'Files, and the properties of resources.',
              closed('A file, or the properties of a resource.', {
                resource,
                by,
                position,
                path: Type.Optional(text('The path of the file; absent for properties.')),
                isSensitive: Type.Boolean({ description: 'Whether lines and values are left out.' }),
                lines: list(
                  'The lines that were asked for.',
                  closed('A line.', {
                    number: count('From 1.'),
                    text: Type.Optional(text('The line; absent if it is sensitive.')),
                    template: position,
                    causes: list('Indexes of causes.', count('An index, from 0.')),
                  }),
                ),
                thereFor: causes('What decides that it is there, under this name.'),
                causes: causes('What the lines depend on.'),
                alsoRead: causes(
                  'What their maker reads besides, without an effect on the lines that was found.',
                ),
              }),
            ),
            isComplete: Type.Boolean({
              description: 'Whether everything was tried within the time that recipes have.',
            }),
          }),
        ],
        { description: 'What was asked for.' },
      ),
    ),
  },
  { cause },
)
export type ExplainDocument = Data<typeof ExplainDocument>

export function explainDocument(cluster: string, explanation: Explanation): ExplainDocument {
  return { formatVersion, command: 'explain', cluster, explanation }
}
