import type { CommandResult } from './command.ts'
import {
  cutBoot,
  haltMachine,
  type Machine,
  type MachineOptions,
  runInside,
  startMachine,
  waitForBoot,
} from './machine.ts'

/** One host of a lab through its boots and halts. */
export interface Host {
  readonly name: string
  readonly address: string
  /** The folder of this machine that is the root of the host; none if the host has it on a disk. */
  readonly root?: string
  boot(): Promise<void>
  /** Boots it, and cuts its power after that long. */
  bootAndCut(afterMs: number): Promise<void>
  halt(how: 'orderly' | 'abruptly'): Promise<void>
  run(command: string, timeoutMs?: number): Promise<CommandResult>
  isUp(): boolean
}

/** With --keep-unit systemd-nspawn leaves it to its starter to boot a host that reboots. */
const rebootExitCode = 133

/** A host whose tree is there and that has not been booted. */
export function createHost(options: MachineOptions): Host {
  const { name, address, root } = options
  let machine: Machine | undefined
  const running = (): Machine => {
    if (machine === undefined) throw new Error(`${name} is not running`)
    return machine
  }
  const boot = async (): Promise<void> => {
    const booted = await waitForBoot(await startMachine(options), options)
    machine = booted
    booted.supervisor.process.once('exit', (code) => {
      if (code !== rebootExitCode || machine !== booted) return
      machine = undefined
      boot().catch((error: unknown) => console.error(`${name} did not come back from its reboot`, error))
    })
  }
  return {
    name,
    address,
    root,
    boot: async () => {
      if (machine !== undefined) throw new Error(`${name} is running already`)
      await boot()
    },
    bootAndCut: async (afterMs) => {
      if (machine !== undefined) throw new Error(`${name} is running already`)
      await cutBoot(await startMachine(options), afterMs)
    },
    halt: async (how) => {
      await haltMachine(running(), how)
      machine = undefined
    },
    run: (command, timeoutMs) => runInside(running(), command, timeoutMs),
    isUp: () => machine !== undefined,
  }
}
