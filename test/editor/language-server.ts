import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A diagnostic of the server: its first line and column from 1, as converge counts. */
interface EditorDiagnostic {
  readonly line: number
  readonly column: number
  readonly message: string
}

interface Completion {
  readonly label: string
  readonly documentation?: unknown
  readonly insertText?: string
}

/** The YAML language server that editors use, as a process of its own. */
export interface LanguageServer {
  /** What the editor shows of a text that it has opened. */
  diagnostics(file: string, text: string): Promise<readonly EditorDiagnostic[]>
  /** What it offers at a place of an open text: line and column from 1. */
  completions(file: string, line: number, column: number): Promise<readonly Completion[]>
  /** What it shows there, as Markdown; empty for nothing. */
  hover(file: string, line: number, column: number): Promise<string>
  close(): Promise<void>
}

interface Message {
  readonly id?: number | string
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: unknown
}

/** Starts the server with schemas by file, each for documents that match a pattern of their paths. */
export async function startLanguageServer(
  schemas: Readonly<Record<string, readonly string[]>>,
): Promise<LanguageServer> {
  const program = join('node_modules', 'yaml-language-server', 'bin', 'yaml-language-server')
  const child = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const settings = {
    yaml: {
      schemas: Object.fromEntries(
        Object.entries(schemas).map(([file, patterns]) => [String(pathToFileURL(file)), patterns]),
      ),
      schemaStore: { enable: false },
      customTags: ['!secret scalar'],
      hover: true,
      completion: true,
      validate: true,
    },
  }
  const waiting = new Map<number, (message: Message) => void>()
  const opened = new Map<string, (found: readonly EditorDiagnostic[]) => void>()
  let nextId = 1

  const send = (message: object): void => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  const request = async (method: string, params: object): Promise<unknown> => {
    const id = nextId++
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve))
    send({ id, method, params })
    const { result, error } = await answer
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`)
    return result
  }
  const take = (message: Message): void => {
    const { id, method, params } = message
    if (method === undefined) {
      waiting.get(Number(id))?.(message)
      waiting.delete(Number(id))
    } else if (id !== undefined) send({ id, result: answerTo(method, params) })
    else if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as Published
      opened.get(uri)?.(
        diagnostics.map(({ range: { start }, message: words }) => ({
          line: start.line + 1,
          column: start.character + 1,
          message: words,
        })),
      )
    }
  }
  const answerTo = (method: string, params: unknown): unknown => {
    if (method !== 'workspace/configuration') return null
    const { items } = params as { readonly items: readonly { readonly section?: string }[] }
    return items.map(({ section }) => (section === 'yaml' ? settings.yaml : {}))
  }
  readMessages(child.stdout, take)

  await request('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {
      workspace: { configuration: true },
      textDocument: { hover: { contentFormat: ['markdown'] }, completion: {} },
    },
  })
  send({ method: 'initialized', params: {} })
  send({ method: 'workspace/didChangeConfiguration', params: { settings } })

  const at = (file: string, line: number, column: number) => ({
    textDocument: { uri: uriOf(file) },
    position: { line: line - 1, character: column - 1 },
  })
  return {
    async diagnostics(file, text) {
      const uri = uriOf(file)
      const found = new Promise<readonly EditorDiagnostic[]>((resolve) => opened.set(uri, resolve))
      send({
        method: 'textDocument/didOpen',
        params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
      })
      return found
    },
    async completions(file, line, column) {
      const { items } = (await request('textDocument/completion', at(file, line, column))) as {
        readonly items: readonly Completion[]
      }
      return items
    },
    async hover(file, line, column) {
      const found = (await request('textDocument/hover', at(file, line, column))) as {
        readonly contents?: { readonly value?: string }
      } | null
      return found?.contents?.value ?? ''
    },
    async close() {
      await request('shutdown', {})
      send({ method: 'exit', params: {} })
      await once(child, 'exit')
    },
  }
}

interface Published {
  readonly uri: string
  readonly diagnostics: readonly {
    readonly message: string
    readonly range: { readonly start: { readonly line: number; readonly character: number } }
  }[]
}

function uriOf(file: string): string {
  return String(pathToFileURL(file))
}

/** Splits what the server writes into messages. */
function readMessages(stream: NodeJS.ReadableStream, take: (message: Message) => void): void {
  let buffer = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk])
    for (;;) {
      const end = buffer.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/Content-Length: (\d+)/.exec(buffer.subarray(0, end).toString())?.[1])
      const start = end + 4
      if (buffer.length < start + length) return
      take(JSON.parse(buffer.subarray(start, start + length).toString()))
      buffer = buffer.subarray(start + length)
    }
  })
}
