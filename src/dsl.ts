// Everything that a recipe may import, as `import { ... } from 'converge'`.
export { type Static, Type } from 'typebox'
export {
  type EnvironmentVariables,
  renderEnvFile,
  type SecretEnvironmentVariables,
} from './formats/env-file.ts'
export { FormatError } from './formats/format-error.ts'
export { renderJson } from './formats/json.ts'
export { type ExecWord, environmentLine, execLine, type SecretExecWord } from './formats/systemd/quoting.ts'
export { type PlainUnitFile, renderUnit, type UnitFile } from './formats/systemd/unit.ts'
export { renderYaml, renderYamlDocuments } from './formats/yaml.ts'
export { familyOf, type OsFamily } from './model/os-family.ts'
export type { Platform } from './model/platform.ts'
export type {
  HostFilter,
  Offer,
  OfferContext,
  Recipe,
  RecipeContext,
  RecipeHost,
  RecipeNeed,
} from './model/recipe.ts'
export type { Disruption, Relations, ResourceRef } from './model/relations.ts'
export type { Composite, Resource } from './model/resource.ts'
export { concat, join, type Secret } from './model/secret.ts'
export type { CertificateUsage, SecretNeed } from './model/secret-need.ts'
export type { PlainValue, Value, ValueMap } from './model/value.ts'
export { archive } from './resources/archive.ts'
export { block } from './resources/block.ts'
export { command } from './resources/command.ts'
export { authorizedKey } from './resources/composites/authorized-key.ts'
export { container } from './resources/composites/container.ts'
export { hostname } from './resources/composites/hostname.ts'
export { hostsEntry } from './resources/composites/hosts-entry.ts'
export { kernelModule } from './resources/composites/kernel-module.ts'
export { knownHost } from './resources/composites/known-host.ts'
export { locale } from './resources/composites/locale.ts'
export { mount } from './resources/composites/mount.ts'
export { network } from './resources/composites/network.ts'
export { nftables } from './resources/composites/nftables.ts'
export { packageRepository } from './resources/composites/package-repository.ts'
export { quadlet } from './resources/composites/quadlet.ts'
export { sudoers } from './resources/composites/sudoers.ts'
export { swapFile } from './resources/composites/swap-file.ts'
export { sysctl } from './resources/composites/sysctl.ts'
export { timer } from './resources/composites/timer.ts'
export { timezone } from './resources/composites/timezone.ts'
export { tmpfiles } from './resources/composites/tmpfiles.ts'
export { trustedCertificate } from './resources/composites/trusted-certificate.ts'
export { type CompositeDefinition, defineComposite } from './resources/define/define-composite.ts'
export { defineRecipe, type RecipeDefinition } from './resources/define/define-recipe.ts'
export { directory } from './resources/directory.ts'
export { download } from './resources/download.ts'
export { etcdKey } from './resources/etcd/etcd-key.ts'
export { etcdMember } from './resources/etcd/etcd-member.ts'
export { etcdRole } from './resources/etcd/etcd-role.ts'
export { etcdUser } from './resources/etcd/etcd-user.ts'
export { file } from './resources/file.ts'
export { gitCheckout } from './resources/git-checkout.ts'
export { group } from './resources/group.ts'
export { line } from './resources/line.ts'
export { link } from './resources/link.ts'
export { pkg } from './resources/package.ts'
export { setting } from './resources/setting.ts'
export { unit } from './resources/unit/unit.ts'
export { user } from './resources/user.ts'
export {
  authority,
  certificate,
  opaque,
  password,
  sshKey,
  token,
  wireguardKey,
} from './secrets/declarations.ts'
