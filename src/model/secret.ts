import { inspect } from 'node:util'

/** What is known of the secrets of a spec. It is filled after the spec was parsed, which names the file of secrets. */
export interface Keyring {
  /** Undefined if nothing has opened it. */
  valueOf(key: string): string | undefined
  /** The public half, or the certificate as PEM, undefined if there is none. */
  publicOf(key: string, part: PublicPart): string | undefined
  /** A salted checksum of a text. */
  fingerprint(text: string): string
}

export type PublicPart = 'public' | 'certificate'

/** A part of a text: plain text, or a secret as it is in the text. */
export type Piece = string | SecretPiece

interface SecretPiece {
  readonly name: string
  /** The encoded value, or what stands for it. */
  readonly text: string
  readonly isOpen: boolean
  readonly fingerprint: string
}

interface Source {
  readonly keyring: Keyring
  readonly key: string
  readonly part: PublicPart | undefined
  readonly encode: (text: string) => string
}

/**
 * A text with secrets in it. It does not become plain text by itself: `${secret}`, JSON and the like throw an Error.
 * `concat`, `join`, templates and the formats make other texts with secrets of it.
 */
export class Secret {
  readonly #parts: readonly (string | Source)[]

  private constructor(parts: readonly (string | Source)[]) {
    this.#parts = parts
    Object.freeze(this)
  }

  /** A secret of a spec; with `part` its public half, which is plain text in the end. */
  static of(keyring: Keyring, key: string, part?: PublicPart): Secret {
    return new Secret([{ keyring, key, part, encode: (text) => text }])
  }

  /** The texts one after the other: plain text if there is no secret in them. */
  static concat(texts: readonly (string | Secret)[]): string | Secret {
    if (!texts.some(isSecret)) return texts.join('')
    return new Secret(texts.flatMap((text) => (isSecret(text) ? text.#parts : [text])))
  }

  /** The same text in another encoding, which is that of its characters one by one. */
  encoded(encode: (text: string) => string): Secret {
    return new Secret(
      this.#parts.map((part) =>
        typeof part === 'string' ? encode(part) : { ...part, encode: (text) => encode(part.encode(text)) },
      ),
    )
  }

  /** Whether there is more in it than plain text and public halves. */
  get isPrivate(): boolean {
    return this.#parts.some((part) => typeof part !== 'string' && part.part === undefined)
  }

  /** The names of the secrets, each once. */
  get names(): readonly string[] {
    return [...new Set(this.#parts.flatMap((part) => (typeof part === 'string' ? [] : [nameOf(part)])))]
  }

  /** The public half of a key. Throws an Error for a text that is not just one secret. */
  get public(): string {
    return this.#publicText('public')
  }

  /** The certificate as PEM. */
  get certificate(): string {
    return this.#publicText('certificate')
  }

  #publicText(part: PublicPart): string {
    const [source, other] = this.#parts
    if (typeof source !== 'object' || other !== undefined)
      throw new Error(`a text of several parts has no ${part} half`)
    return source.keyring.publicOf(source.key, part) ?? stands(`${source.key}.${part}`)
  }

  /** The text with its secrets, for what is written to hosts. */
  pieces(): readonly Piece[] {
    return this.#parts.map((part): Piece => {
      if (typeof part === 'string') return part
      const { keyring, key, encode } = part
      if (part.part !== undefined) return encode(keyring.publicOf(key, part.part) ?? stands(nameOf(part)))
      const value = keyring.valueOf(key)
      const text = encode(value ?? stands(key))
      return { name: key, text, isOpen: value !== undefined, fingerprint: keyring.fingerprint(text) }
    })
  }

  toString(): never {
    return this.#refuse()
  }

  toJSON(): never {
    return this.#refuse()
  }

  valueOf(): never {
    return this.#refuse()
  }

  [Symbol.toPrimitive](): never {
    return this.#refuse()
  }

  [inspect.custom](): string {
    return this.names.map(stands).join('')
  }

  #refuse(): never {
    const names = this.names.join(', ')
    throw new Error(
      `the secret ${names} cannot become plain text: join it with concat, or pass it to a template`,
    )
  }
}

function nameOf({ key, part }: Source): string {
  return part === undefined ? key : `${key}.${part}`
}

/** `«secret web/db»` */
export function stands(name: string): string {
  return `«secret ${name}»`
}

export function isSecret(value: unknown): value is Secret {
  return value instanceof Secret
}

/** Texts, also with secrets, one after the other. */
export function concat(...texts: readonly string[]): string
export function concat(...texts: readonly (string | Secret)[]): string | Secret
export function concat(...texts: readonly (string | Secret)[]): string | Secret {
  return Secret.concat(texts)
}

/** Texts, also with secrets, with a separator between them. */
export function join(texts: readonly string[], separator?: string): string
export function join(texts: readonly (string | Secret)[], separator?: string): string | Secret
export function join(texts: readonly (string | Secret)[], separator = ','): string | Secret {
  return Secret.concat(texts.flatMap((text, index) => (index === 0 ? [text] : [separator, text])))
}

/** The whole text. It must not be shown. */
export function revealed(text: string | Secret): string {
  return isSecret(text)
    ? text
        .pieces()
        .map((piece) => (typeof piece === 'string' ? piece : piece.text))
        .join('')
    : text
}

/** Every text with secrets in a value, and where it is. */
export function secretsIn(value: unknown, path: readonly string[] = []): readonly Found[] {
  if (isSecret(value)) return [{ secret: value, path }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null ? secretsIn(inner, [...path, key]) : NONE,
  )
}

interface Found {
  readonly secret: Secret
  readonly path: readonly string[]
}

const NONE: readonly never[] = Object.freeze([])

/** A value with something else for each of its secrets. */
export function withoutSecrets<T>(value: T, replace: (secret: Secret) => unknown): T
export function withoutSecrets(value: unknown, replace: (secret: Secret) => unknown): unknown {
  if (isSecret(value)) return replace(value)
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, replace))
  if (typeof value !== 'object' || value === null) return value
  const map: Record<string, unknown> = Object.create(null)
  for (const [key, inner] of Object.entries(value)) map[key] = withoutSecrets(inner, replace)
  return map
}

const MARK = '\uE000'

/** Whether a text that is rendered has the mark of a secret in it. */
export function hasMark(text: string): boolean {
  return text.includes(MARK)
}

/** Puts marks into a text and, in the end, the secrets that they stand for. */
export interface Marks {
  mark(secret: Secret): string
  /** The text with the secrets in place of their marks, encoded; plain text if there are none. */
  fill(text: string, encode?: (text: string) => string): string | Secret
}

export function createMarks(): Marks {
  const known: Secret[] = []
  return {
    mark: (secret) => `${MARK}${known.push(secret) - 1}${MARK}`,
    fill(text, encode) {
      if (known.length === 0) return text
      return Secret.concat(
        text.split(/\uE000(\d+)\uE000/).map((piece, index) => {
          const secret = index % 2 === 1 ? known[Number(piece)] : undefined
          if (secret === undefined) return piece
          return encode === undefined ? secret : secret.encoded(encode)
        }),
      )
    },
  }
}

/** Renders a value with marks in place of its secrets, then puts these into the text, encoded. */
export function renderMarked<T>(
  value: T,
  render: (marked: T) => string,
  encode: (text: string) => string,
): string | Secret {
  if (secretsIn(value).length === 0) return render(value)
  const marks = createMarks()
  return marks.fill(render(withoutSecrets(value, marks.mark)), encode)
}
