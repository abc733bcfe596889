import type { Mistake } from '../../model/diagnostic.ts'
import { nearest } from '../../validation/nearest.ts'
import { COMMON_SECTIONS, DIRECTIVES, KNOWN_SYSTEMD, UNIT_TYPES } from './directives.ts'
import { KNOWN_PODMAN, QUADLET_TYPES } from './quadlet.ts'

/** The sections that one unit file may have. */
export interface UnitSyntax {
  readonly fileName: string
  readonly sections: readonly string[]
}

/**
 * The syntax of a unit file or drop-in by its name: `etcd.service`, `getty@.service`,
 * `etcd.service.d/10-proxy.conf`, `service.d/10-all.conf`, with or without the directories before it, and of Quadlet files
 * such as `/etc/containers/systemd/web.container`. Undefined for files of which no unit is made, such as `eth0.network`.
 */
export function unitSyntax(fileName: string): UnitSyntax | undefined {
  const [name = '', directory = ''] = fileName.split('/').reverse()
  const unit = name.endsWith('.conf') ? dropInUnit(directory) : name
  const type = unit.slice(unit.lastIndexOf('.') + 1)
  const isOfPodman = fileName.includes('/containers/systemd/')
  const ownSection = (isOfPodman ? QUADLET_TYPES : UNIT_TYPES).get(type)
  if (ownSection === undefined) return undefined
  return {
    fileName,
    sections: ['Unit', ownSection, ...(isOfPodman ? ['Quadlet', 'Service'] : []), 'Install'],
  }
}

function dropInUnit(directory: string): string {
  return directory.endsWith('.d') ? directory.slice(0, -'.d'.length) : ''
}

/** The problem with a file whose name has no unit type. */
export function unknownUnitType(fileName: string): Mistake {
  const suffixes = [...UNIT_TYPES.keys()].map((type) => `.${type}`)
  return {
    message: `${fileName} is not the name of a unit file or drop-in`,
    hint: `a unit ends in ${suffixes.slice(0, -1).join(', ')} or ${suffixes.at(-1)}, and a drop-in is NAME.service.d/*.conf`,
  }
}

/** The problem with a section that this unit file may not have; names that start with `X-` are custom. */
export function checkSectionName(syntax: UnitSyntax, section: string): Mistake | undefined {
  if (syntax.sections.includes(section) || isOwnName(section)) return undefined
  const message = `${syntax.fileName}: unknown section [${section}]`
  for (const [type, ownSection] of [...UNIT_TYPES, ...QUADLET_TYPES])
    if (ownSection === section) return { message, hint: `[${section}] belongs in a .${type} unit` }
  const meant = nearest(section, syntax.sections)
  if (meant !== undefined) return { message, hint: `did you mean [${meant}]?` }
  return { message, hint: `the sections of this unit are ${listOf(syntax.sections.map(inBrackets))}` }
}

/** The problem with a directive in a section that this unit file may have. */
export function checkDirectiveName(
  syntax: UnitSyntax,
  section: string,
  directive: string,
): Mistake | undefined {
  if (isOwnName(directive)) return undefined
  const known = DIRECTIVES.get(section)
  if (known === undefined || known.has(directive)) return undefined
  const message = `${syntax.fileName}: unknown directive ${directive}= in [${section}]`
  const homes = homesOf(syntax, directive)
  if (homes.length > 0) return { message, hint: `${directive}= belongs in ${homes.join(' or ')}` }
  // Names of directives share long parts: a newer one is near to others that are not meant.
  const meant = nearest(directive, known, 2)
  if (meant !== undefined) return { message, hint: `did you mean ${meant}=?` }
  if (QUADLET_TYPES.get(section.toLowerCase()) === section)
    return {
      message,
      hint: `known are those of podman up to ${KNOWN_PODMAN}: use PodmanArgs= for a newer one`,
    }
  const file = `/etc/systemd/system/${unitOf(syntax)}.d/`
  const hint = `known are those of systemd up to ${KNOWN_SYSTEMD}, see systemd.directives(7): put a newer one into a file in ${file}; a custom directive begins with X-`
  return { message, hint }
}

function unitOf({ fileName }: UnitSyntax): string {
  return fileName.replace(/\.d\/[^/]*$/, '').replace(/^.*\//, '')
}

/** The sections that have a directive: those of this unit file if any, else those of other unit types. */
function homesOf(syntax: UnitSyntax, directive: string): readonly string[] {
  const sections = [...DIRECTIVES].filter(([, known]) => known.has(directive)).map(([section]) => section)
  const here = sections.filter((section) => syntax.sections.includes(section))
  if (here.length > 0) return here.map(inBrackets)
  const elsewhere = sections.filter((section) => !COMMON_SECTIONS.includes(section))
  return elsewhere.map((section) => `[${section}] of a .${section.toLowerCase()} unit`)
}

// systemd must read the name back: nothing that ends a line, a header or a key.
function isOwnName(name: string): boolean {
  return /^X-[^\p{Cc}\s=[\]]+$/u.test(name)
}

function inBrackets(section: string): string {
  return `[${section}]`
}

function listOf(items: readonly string[]): string {
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}
