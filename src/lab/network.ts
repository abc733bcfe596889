import { mustRun } from './command.ts'

/** A bridge of this machine and the private /24 on it; hosts reach it and each other, and nothing else. */
export interface Network {
  readonly bridge: string
  /** This machine's address on the bridge. */
  readonly address: string
  /** The address of the nth host, counted from 0. */
  hostAddress(index: number): string
}

const firstHost = 10
/** How many hosts one lab can address. */
export const maxHosts = 254 - firstHost

let networksOfThisProcess = 0

/**
 * The network that this lab is going to use: the bridge's name tells whose it is, the subnet is one that no interface has.
 * @throws when the bridge is there already or every subnet is taken
 */
export async function chooseNetwork(): Promise<Network> {
  const bridge = `cvlab${process.pid}-${networksOfThisProcess++}`
  const links = await mustRun('ip', ['-oneline', 'link', 'show'])
  if (links.includes(` ${bridge}: `))
    throw new Error(`the bridge ${bridge} is in use already: another lab's leftover?`)
  const addresses = await mustRun('ip', ['-oneline', '-4', 'address', 'show'])
  const start = process.pid + networksOfThisProcess
  for (let offset = 0; offset < 256; offset++) {
    const subnet = `10.213.${(start + offset) % 256}`
    if (!addresses.includes(` ${subnet}.`)) {
      return { bridge, address: `${subnet}.1`, hostAddress: (index) => `${subnet}.${firstHost + index}` }
    }
  }
  throw new Error('every subnet of 10.213.0.0/16 is in use: leftovers of other labs?')
}

export async function createBridge(network: Network): Promise<void> {
  await mustRun('ip', ['link', 'add', network.bridge, 'type', 'bridge'])
  await mustRun('ip', ['address', 'add', `${network.address}/24`, 'dev', network.bridge])
  await mustRun('ip', ['link', 'set', network.bridge, 'up'])
}
