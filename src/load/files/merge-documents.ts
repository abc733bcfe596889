import type { Problem } from '../../model/diagnostic.ts'
import type { Path } from '../../model/path.ts'
import { isMap, mapWith, type Value } from '../../model/value.ts'
import type { Document } from '../yaml/document.ts'
import { placeWords } from '../yaml/place-words.ts'

/** Which document each top-level section is from, and each key of a section that is a map. */
type Owners = ReadonlyMap<string, { readonly first: Document; readonly byKey: Map<string, Document> }>

/** One document of several: their top-level maps merged. What stands in two of them is that of the first. */
export function mergeDocuments(documents: readonly [Document, ...Document[]]): Document {
  const [main, ...others] = documents
  if (others.length === 0) return main
  const data: Record<string, Value> = Object.create(null)
  const owners = ownersOf(documents)
  for (const [section, { first }] of owners) data[section] = first.data[section] ?? null
  for (const { data: own } of others) {
    for (const [section, value] of Object.entries(own)) {
      const before = data[section]
      if (before !== value && isMap(value) && isMap(before)) data[section] = mapWith(before, value, before)
    }
  }
  const ownerOf = ([section, key]: Path): Document => {
    const owner = owners.get(String(section))
    return (key === undefined ? undefined : owner?.byKey.get(String(key))) ?? owner?.first ?? main
  }
  return {
    file: main.file,
    data: Object.freeze(data),
    fileOf: (path) => ownerOf(path).fileOf(path),
    locate: (path, part) => ownerOf(path).locate(path, part),
    source: (path) => ownerOf(path).source(path),
    without(cuts) {
      const cut = (document: Document) =>
        document.without(cuts.filter(({ path }) => path.length === 1 || ownerOf(path) === document))
      return mergeDocuments([cut(main), ...others.map(cut)])
    },
  }
}

function ownersOf(documents: readonly Document[]): Owners {
  const owners = new Map<string, { readonly first: Document; readonly byKey: Map<string, Document> }>()
  for (const document of documents) {
    for (const [section, value] of Object.entries(document.data)) {
      const known = owners.get(section)
      // An empty section has nothing that others could not add to.
      const isEmpty = known !== undefined && (known.first.data[section] ?? null) === null
      const owner = known === undefined || isEmpty ? { first: document, byKey: new Map() } : known
      owners.set(section, owner)
      if (!isMap(value) || !isMap(owner.first.data[section])) continue
      for (const key of Object.keys(value)) if (!owner.byKey.has(key)) owner.byKey.set(key, document)
    }
  }
  return owners
}

/** What stands in two documents: a key of the same map, or a section that is no map. */
export function doublyWritten(documents: readonly Document[]): readonly Problem[] {
  const owners = ownersOf(documents)
  return documents.flatMap((document) =>
    Object.entries(document.data).flatMap(([section, value]) => {
      const owner = owners.get(section)
      if (owner === undefined || value === null) return []
      const isMerged = isMap(value) && isMap(owner.first.data[section])
      const doubled = isMerged
        ? Object.keys(value).map((key) => [section, key])
        : owner.first === document
          ? []
          : [[section]]
      return doubled.flatMap((path) => {
        const other = owner.byKey.get(path[1] ?? '') ?? owner.first
        return other === document ? [] : [doubleProblem(path, document, other)]
      })
    }),
  )
}

function doubleProblem(path: Path, document: Document, other: Document): Problem {
  const position = document.locate(path, 'key')
  return {
    code: 'duplicate-key',
    path,
    message: `${path.at(-1)} is declared twice: here and ${placeWords(other.locate(path, 'key'), document.file)}`,
    hint: 'keep one of them',
    position,
  }
}
