import { readdirSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type CommandResult, mustRun, run } from './command.ts'
import type { Host } from './host.ts'
import { kill } from './processes.ts'
import {
  environment,
  type HostOptions,
  type Supervisor,
  startSupervisor,
  waitForEnd,
  waitForSystemd,
  waitingFor,
} from './supervisor.ts'

export interface VirtualMachineOptions extends HostOptions {
  /** The folder that holds everything of this host. */
  readonly directory: string
  /** The tree that has the kernel, as a base tree has it. */
  readonly base: string
  /** How many disks with nothing on them it has besides: `/dev/vdb` and so on. */
  readonly blankDisks: number
  readonly identityFile: string
  readonly knownHostsFile: string
}

/** Puts the tree below `root` onto the disk of a host, which then does not need the tree, and makes its blank disks. */
export async function createDisks(
  root: string,
  { directory, blankDisks }: VirtualMachineOptions,
): Promise<void> {
  const [first = '', ...others] = disksOf(directory, blankDisks)
  await mustRun('mke2fs', ['-q', '-t', 'ext4', '-d', root, first, '4G'])
  await mustRun('umount', [root])
  for (const name of ['root', 'upper', 'work']) await rm(join(directory, name), { recursive: true })
  for (const disk of others) await mustRun('truncate', ['--size=64M', disk])
}

/** A host that QEMU runs, with a kernel of its own. Its disks are there and it has not been booted. */
export function createVirtualHost(options: VirtualMachineOptions): Host {
  const { name, address } = options
  let machine: Supervisor | undefined
  const start = async (): Promise<Supervisor> => {
    if (machine !== undefined) throw new Error(`${name} is running already`)
    return startVirtualMachine(options)
  }
  const inside = (command: string, timeoutMs?: number): Promise<CommandResult> =>
    runOverSsh(options, command, timeoutMs)
  const end = async (supervisor: Supervisor, how: 'orderly' | 'abruptly'): Promise<void> => {
    const cut = (): void => kill(supervisor.pid)
    if (how === 'abruptly') await waitForEnd(supervisor, cut, 0)
    else await waitForEnd(supervisor, cut, 120_000, () => inside('systemctl poweroff'))
    machine = undefined
  }
  return {
    name,
    address,
    boot: async () => {
      const started = await start()
      await waitForSystemd(waitingFor(started, options), address, inside)
      machine = started
    },
    bootAndCut: async (afterMs) => {
      const started = await start()
      await delay(afterMs)
      await end(started, 'abruptly')
    },
    halt: async (how) => {
      if (machine === undefined) throw new Error(`${name} is not running`)
      await end(machine, how)
    },
    run: inside,
    isUp: () => machine !== undefined,
  }
}

async function startVirtualMachine(options: VirtualMachineOptions): Promise<Supervisor> {
  const { directory, base, bridge, address, blankDisks } = options
  const boot = join(base, 'boot')
  const bootFile = (start: string): string =>
    join(boot, readdirSync(boot).find((name) => name.startsWith(start)) ?? start)
  // QEMU makes the interface, and it goes with QEMU.
  const plug = join(directory, 'plug')
  await writeFile(plug, `#!/bin/sh\nexec ip link set "$1" master ${bridge} up\n`, { mode: 0o700 })
  const drives = disksOf(directory, blankDisks).flatMap((disk) =>
    // This machine's page cache outlives QEMU, so nothing has to wait for this machine's disk.
    ['-drive', `file=${disk},format=raw,if=virtio,cache=unsafe`],
  )
  const number = Number(address.split('.').at(-1)).toString(16).padStart(2, '0')
  // What newer processors have, such as a fifth level of page tables, makes their emulation slower.
  return startSupervisor(options, 'KILL', [
    ...['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-display', 'none', '-serial', 'stdio'],
    ...['-machine', `q35,accel=${accelerator()}`, '-cpu', 'Nehalem', '-smp', '2', '-m', '1024'],
    ...['-kernel', bootFile('vmlinuz'), '-initrd', bootFile('initrd.img')],
    ...[
      '-append',
      'root=/dev/vda rw console=ttyS0 quiet mitigations=off net.ifnames=0 systemd.getty_auto=no',
    ],
    ...drives,
    ...['-netdev', `tap,id=lab,script=${plug},downscript=no`],
    ...['-device', `virtio-net-pci,netdev=lab,mac=52:54:00:00:00:${number}`],
  ])
}

function disksOf(directory: string, blankDisks: number): readonly string[] {
  return Array.from({ length: 1 + blankDisks }, (_, index) => join(directory, `disk${index}`))
}

/** There may be a /dev/kvm that cannot run the kernels of others: where the processor is itself only emulated for it. */
function accelerator(): 'kvm:tcg' | 'tcg' {
  return /^flags\s.*\b(vmx|svm)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8')) ? 'kvm:tcg' : 'tcg'
}

function runOverSsh(
  { identityFile, knownHostsFile, address }: VirtualMachineOptions,
  command: string,
  timeoutMs?: number,
): Promise<CommandResult> {
  const options = ['BatchMode=yes', 'ConnectTimeout=20', 'LogLevel=ERROR']
  const args = [
    ...['-F', '/dev/null', '-i', identityFile, '-o', `UserKnownHostsFile=${knownHostsFile}`],
    ...options.flatMap((option) => ['-o', option]),
    ...[`root@${address}`, ['env', '-i', ...environment, 'sh', '-c', quoted(command)].join(' ')],
  ]
  return run('ssh', args, timeoutMs === undefined ? {} : { timeoutMs })
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
