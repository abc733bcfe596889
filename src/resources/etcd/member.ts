import { Type } from 'typebox'

export const Member = Type.Object({
  name: Type.String({ description: 'the name of the member' }),
  peerUrl: Type.String({ description: 'a URL; where the other members reach it' }),
})
