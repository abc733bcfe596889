import { renderYaml } from '../formats/yaml.ts'
import { firstBootUnit } from '../shell/programs/first-boot-program.ts'
import {
  type FirstBoot,
  lastingPlace,
  packed,
  programFile,
  runtimePlace,
  unitText,
  wantsFolder,
} from './first-boot.ts'
import type { BootFormatName } from './format-names.ts'
import { installScript } from './install-script.ts'

interface BootFormat {
  /** How the name of the file ends. */
  readonly ending: string
  document(boot: FirstBoot): string
}

/** What brings a first boot to a host. docs/boot.md says why each has these keys and no others. */
export const bootFormats: Readonly<Record<BootFormatName, BootFormat>> = {
  'cloud-config': { ending: 'cloud-config.yaml', document: cloudConfig },
  coreos: { ending: 'coreos.yaml', document: coreosCloudConfig },
  ignition: { ending: 'ign', document: ignition },
  script: { ending: 'boot.sh', document: script },
}

/** cloud-init does `bootcmd` at each boot, all else once, finished or not. */
function cloudConfig(boot: FirstBoot): string {
  return `#cloud-config\n${renderYaml({ bootcmd: [installScript(boot, runtimePlace)] })}`
}

/** coreos-cloudinit does everything at each boot, and waits for what it starts; a timer has started at once. */
function coreosCloudConfig(boot: FirstBoot): string {
  const program = {
    path: programFile(runtimePlace),
    owner: 'root:root',
    permissions: '0700',
    encoding: 'gzip+base64',
    content: packed(boot.program),
  }
  const units = [
    { name: firstBootUnit, runtime: true, content: unitText(boot, runtimePlace) },
    {
      name: firstBootUnit.replace('.service', '.timer'),
      runtime: true,
      command: 'start',
      content: '[Timer]\nOnActiveSec=1s\n',
    },
  ]
  return `#cloud-config\n${renderYaml({ write_files: [program], coreos: { units } })}`
}

/** Ignition does everything before the first boot, or nothing. */
function ignition(boot: FirstBoot): string {
  const place = lastingPlace(boot)
  const document = {
    ignition: { version: '3.3.0' },
    storage: {
      directories: [boot.stateDir, place.folder].map((path) => ({ path, mode: 0o700 })),
      files: [
        {
          path: programFile(place),
          mode: 0o700,
          contents: { compression: 'gzip', source: `data:;base64,${packed(boot.program)}` },
        },
      ],
      links: [
        {
          path: `${wantsFolder(place)}/${firstBootUnit}`,
          target: `../${firstBootUnit}`,
        },
      ],
    },
    systemd: { units: [{ name: firstBootUnit, contents: unitText(boot, place) }] },
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function script(boot: FirstBoot): string {
  return `#!/bin/sh
# Brings the first boot of ${boot.host} to the machine that it runs on, as root; at once, or if none runs, when it boots.
${installScript(boot, lastingPlace(boot))}`
}
