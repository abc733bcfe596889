// The floor: the least that any tool over SSH does. One connection and one exec of `true` per host, so many at once;
// no host key is verified, nothing is read back. Takes { hosts, identityFile, parallel } as JSON in its argument.
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import ssh2 from 'ssh2'

const { hosts, identityFile, parallel } = JSON.parse(process.argv[2])
const privateKey = readFileSync(identityFile)
const waiting = hosts.values()

await Promise.all(
  Array.from({ length: parallel }, async () => {
    for (const host of waiting) await visit(host)
  }),
)

function visit({ address, port }) {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client()
    client.on('error', reject)
    client.on('close', resolve)
    client.on('ready', () => {
      client.exec('true', (error, channel) => {
        if (error) return reject(error)
        channel.on('close', () => client.end()).resume()
      })
    })
    client.connect({ sock: connect({ host: address, port, noDelay: true }), username: 'root', privateKey })
  })
}
