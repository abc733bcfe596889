import { gzipSync } from 'node:zlib'
import { execLine } from '../formats/systemd/quoting.ts'
import { renderUnit } from '../formats/systemd/unit.ts'
import { firstBootUnit } from '../shell/programs/first-boot-program.ts'

/** What a document brings to a host, and where the host keeps its state. */
export interface FirstBoot {
  readonly host: string
  readonly stateDir: string
  /** The program that the first boot runs, at each boot until it has removed itself. */
  readonly program: string
}

/** Where a document puts the program and its unit. */
export interface BootPlace {
  readonly folder: string
  readonly units: string
  /** Otherwise both are gone at the next boot. */
  readonly isLasting: boolean
}

/** For what brings the program at each boot again. */
export const runtimePlace: BootPlace = {
  folder: '/run/converge-first-boot',
  units: '/run/systemd/system',
  isLasting: false,
}

/** For what brings the program once. The program removes itself and its unit. */
export function lastingPlace({ stateDir }: FirstBoot): BootPlace {
  return { folder: `${stateDir}/first-boot`, units: '/etc/systemd/system', isLasting: true }
}

/** Where a unit that is enabled has its link. */
export function wantsFolder({ units }: BootPlace): string {
  return `${units}/multi-user.target.wants`
}

/** The file that says that the first boot is over. */
export function doneMark({ stateDir }: FirstBoot): string {
  return `${stateDir}/first-boot-done`
}

export function programFile({ folder }: BootPlace): string {
  return `${folder}/program`
}

/** After the boot, because what the program starts may wait for any target, and cloud-init locks packages and accounts. */
export function unitText(boot: FirstBoot, place: BootPlace): string {
  const unit = {
    Unit: {
      Description: 'First boot: converge this host',
      Wants: 'network-online.target',
      After: 'network-online.target multi-user.target cloud-final.service',
      ConditionPathExists: `!${doneMark(boot).replaceAll('%', '%%')}`,
    },
    // As of an apply: what its commands have started stays.
    Service: { Type: 'oneshot', ExecStart: execLine(['/bin/sh', programFile(place)]), KillMode: 'process' },
    Install: { WantedBy: 'multi-user.target' },
  }
  return renderUnit(unit, firstBootUnit)
}

/** Gzipped, in base64. */
export function packed(text: string): string {
  return gzipSync(text, { level: 9 }).toString('base64')
}
