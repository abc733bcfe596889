import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ConvergeError } from '../../../src/model/errors.ts'
import { openLink } from '../../../src/transports/ssh/open-link.ts'
import { defaultPatience } from '../../../src/transports/ssh/patience.ts'
import { failure } from '../../contracts/transport.ts'
import { withHosts } from '../embedded-host.ts'
import { route } from './route.ts'

for (const isTrusted of [true, false]) {
  test(`a connection that is lost before its host key is found ${isTrusted ? 'right' : 'wrong'} is an error and no more`, () =>
    withHosts({}, async ({ host }) => {
      const { port } = host('node0')
      const sockets: Socket[] = []
      let asked = 0
      const opening = openLink({
        host: 'node0',
        route: await route({ user: 'root', port }, '127.0.0.1'),
        credentials: { methods: () => [].values(), words: [] },
        patience: defaultPatience,
        through: async () => {
          const socket = connect({ host: '127.0.0.1', port })
          sockets.push(socket)
          return socket
        },
        hostKey: {
          algorithms: ['ecdsa-sha2-nistp256'],
          async verify() {
            asked += 1
            const socket = sockets.at(-1)
            if (socket === undefined) throw new Error('nobody connected')
            const closed = once(socket, 'close')
            socket.destroy()
            await closed
            if (!isTrusted)
              throw new ConvergeError('host-key-unknown', 'unknown', { host: 'node0', step: 'connect' })
            return 'before'
          },
        },
      })
      const error = await failure(opening)
      assert.is(error.host, 'node0')
      assert.ok(asked > 0)
    }))
}

test.run()
