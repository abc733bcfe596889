import type { Static } from 'typebox'
import type { Member } from './member.ts'

/**
 * Why members may not begin with what a discovery service has under their token, and what to do; undefined if they may. The
 * answer is the size of the cluster, and a line `NAME=URL` for each member that has registered.
 */
export function discoveryRefusal(
  answer: string,
  self: Static<typeof Member>,
  members: readonly Static<typeof Member>[],
): { readonly why: string; readonly remedy: string } | undefined {
  const [size = '', ...registered] = answer.split('\n').filter((line) => line !== '')
  if (size === '')
    return {
      why: 'the discovery service does not answer, or has no size for the token',
      remedy: 'see whether the URL and the token are right',
    }
  const remedy = `make a new token for ${members.length} ${members.length === 1 ? 'member' : 'members'}`
  if (Number(size) !== members.length)
    return { why: `the discovery token is for ${size} members, and the spec has ${members.length}`, remedy }
  const entryOf = ({ name, peerUrl }: Static<typeof Member>): string => `${name}=${peerUrl}`
  const known = members.map(entryOf)
  const foreign = registered.find((entry) => !known.includes(entry))
  if (foreign !== undefined)
    return { why: `another cluster has used the discovery token: ${foreign} has registered`, remedy }
  if (registered.includes(entryOf(self)))
    return { why: 'it has registered with the discovery token before, and its data is gone', remedy }
  return undefined
}
