import type { ResourceKind } from '../model/resource.ts'
import { archiveKind } from './archive.ts'
import { blockKind } from './block.ts'
import { commandKind } from './command.ts'
import { authorizedKeyKind } from './composites/authorized-key.ts'
import { containerKind } from './composites/container.ts'
import { hostnameKind } from './composites/hostname.ts'
import { hostsEntryKind } from './composites/hosts-entry.ts'
import { kernelModuleKind } from './composites/kernel-module.ts'
import { knownHostKind } from './composites/known-host.ts'
import { localeKind } from './composites/locale.ts'
import { mountKind } from './composites/mount.ts'
import { networkKind } from './composites/network.ts'
import { nftablesKind } from './composites/nftables.ts'
import { packageRepositoryKind } from './composites/package-repository.ts'
import { quadletKind } from './composites/quadlet.ts'
import { sudoersKind } from './composites/sudoers.ts'
import { swapFileKind } from './composites/swap-file.ts'
import { sysctlKind } from './composites/sysctl.ts'
import { timerKind } from './composites/timer.ts'
import { timezoneKind } from './composites/timezone.ts'
import { tmpfilesKind } from './composites/tmpfiles.ts'
import { trustedCertificateKind } from './composites/trusted-certificate.ts'
import { directoryKind } from './directory.ts'
import { downloadKind } from './download.ts'
import { fileKind } from './file.ts'
import { gitCheckoutKind } from './git-checkout.ts'
import { groupKind } from './group.ts'
import { lineKind } from './line.ts'
import { linkKind } from './link.ts'
import { packageKind } from './package.ts'
import { settingKind } from './setting.ts'
import { unitKind } from './unit/unit.ts'
import { userKind } from './user.ts'

/** Every resource type by its kind. */
export const resourceKinds: Readonly<Record<string, ResourceKind>> = {
  file: fileKind,
  block: blockKind,
  line: lineKind,
  setting: settingKind,
  directory: directoryKind,
  link: linkKind,
  unit: unitKind,
  user: userKind,
  group: groupKind,
  package: packageKind,
  archive: archiveKind,
  command: commandKind,
  sysctl: sysctlKind,
  kernelModule: kernelModuleKind,
  mount: mountKind,
  swapFile: swapFileKind,
  hostname: hostnameKind,
  hostsEntry: hostsEntryKind,
  authorizedKey: authorizedKeyKind,
  knownHost: knownHostKind,
  timezone: timezoneKind,
  locale: localeKind,
  sudoers: sudoersKind,
  timer: timerKind,
  tmpfiles: tmpfilesKind,
  container: containerKind,
  quadlet: quadletKind,
  nftables: nftablesKind,
  network: networkKind,
  trustedCertificate: trustedCertificateKind,
  packageRepository: packageRepositoryKind,
  gitCheckout: gitCheckoutKind,
  download: downloadKind,
}
