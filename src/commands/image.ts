import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { onlyHost } from '../load/hosts/select-hosts.ts'
import { planPortable } from '../plan/host/plan-portable.ts'
import { count } from '../report/text/words.ts'
import type { View } from '../report/views/view.ts'
import { portableProgram } from '../shell/programs/portable-program.ts'
import { usageError } from './cli/usage-error.ts'
import { hostLibrary } from './hosts/host-library.ts'
import { imageCatalog } from './image/image-catalog.ts'
import { imageScript } from './image/image-script.ts'
import { packerTemplate } from './image/packer-template.ts'
import type { ExitCode, Io } from './io/io.ts'
import { writeWhole } from './io/write-whole.ts'
import { readLargeOf } from './render/host-files.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface ImageOptions extends SpecOptions {
  /** The folder for the script and the template. */
  readonly output: string
  /** A source of Packer, such as `digitalocean.node`. */
  readonly source?: string
}

/** `converge image HOST -o DIR`: writes what makes an image for hosts like this one. */
export async function image(name: string, options: ImageOptions, io: Io, view: View): Promise<ExitCode> {
  if (options.source !== undefined && !/^[a-z][a-z0-9-]*\.[A-Za-z_][A-Za-z0-9_-]*$/.test(options.source))
    throw usageError(`${options.source} is not a source of Packer`, 'such as digitalocean.node')
  const spec = await loadSpec(options, { mayMiss: true })
  view.warnings(spec.warnings)
  const { platform } = onlyHost(spec.cluster.hosts, name)
  const { catalog, left } = imageCatalog(spec, name)
  if (catalog.entries.length === 0)
    throw usageError(
      `nothing of ${name} belongs in an image`,
      'all of it depends on the host, is secret, or runs',
    )
  const place = { stateDir: platform.stateDir, cluster: spec.cluster.name }
  const plan = planPortable(catalog, [])
  const program = portableProgram(plan, place, hostLibrary(), readLargeOf(spec, name))
  const script = `${name}.image.sh`
  await mkdir(options.output, { recursive: true })
  await writeWhole(join(options.output, script), imageScript({ host: name, ...place, program }), 0o755)
  const template = packerTemplate(script, options.source)
  await writeWhole(join(options.output, `${name}.pkr.hcl`), template, 0o644)
  const lines = left.map(({ resource }) => `  ${resource.id}\n`)
  io.stdout.write(
    `${count(catalog.entries.length, 'resource')} in the image, written to ${options.output}\n${lines.length === 0 ? '' : `left to each host:\n${lines.join('')}`}`,
  )
  return 0
}
