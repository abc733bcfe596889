import type { Host } from '../../model/cluster.ts'
import { placeOf } from '../../model/targets/index.ts'
import type { HostEntry, Resolution } from '../resolution.ts'
import { placeWords } from '../yaml/place-words.ts'
import { writtenForOthers } from './address-mistake.ts'
import { hostNameProblem } from './expand-range.ts'

/** Reports invalid and duplicate host names; each entry once. */
export function createNameChecker({
  document,
  problems,
}: Resolution): (entry: HostEntry, name: string) => boolean {
  const names = new Map<string, HostEntry>()
  return (entry, name) => {
    const position = document.locate(entry.path, 'key')
    const wrong = hostNameProblem(name)
    if (wrong !== undefined) {
      const foreign = writtenForOthers(entry.key)
      const message = foreign
        ? `${entry.key} is not a host name`
        : `${JSON.stringify(name)} is not a host name: it ${wrong}`
      problems.error({ code: 'invalid-name', path: entry.path, message, hint: foreign, position })
      return false
    }
    const before = names.get(name.toLowerCase())
    if (before === undefined) {
      names.set(name.toLowerCase(), entry)
      return true
    }
    const also =
      before === entry ? 'in the same range' : placeWords(document.locate(before.path, 'key'), position?.file)
    const message = `the host ${name} is declared twice: here and ${also}`
    problems.error({ code: 'duplicate-host', path: entry.path, message, position })
    return false
  }
}

/** Reports hosts that are the same machine; each entry once, however many hosts it declares. */
export function createPlaceChecker({
  document,
  problems,
}: Resolution): (entry: HostEntry, host: Host) => void {
  const seen = new Map<string, { readonly entry: HostEntry; readonly host: Host }>()
  const reported = new Set<HostEntry>()
  const positionOf = ({ path }: HostEntry, key: string) =>
    document.locate([...path, key], 'value') ?? document.locate(path, 'key')
  return (entry, host) => {
    const { target } = host
    const place = placeOf(target)
    if (place === undefined) return
    const { key, words } = place
    const before = seen.get(`${key} ${words}`)
    if (before === undefined) {
      seen.set(`${key} ${words}`, { entry, host })
      return
    }
    if (reported.has(entry)) return
    reported.add(entry)
    const same = before.entry === entry
    const position = positionOf(entry, key)
    const where = same ? '' : ` ${placeWords(positionOf(before.entry, key), position?.file)}`
    problems.error({
      code: 'duplicate-address',
      path: [...entry.path, key],
      message: `${host.name} has the same ${key} as ${before.host.name}${where}: ${words}`,
      hint: same ? 'make it depend on the host, such as "192.168.33.{{add index 10}}"' : undefined,
      position,
    })
  }
}
