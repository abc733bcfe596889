import { textContent } from '../../src/resources/define/content.ts'

const asRoot = { owner: 'root', group: 'root' } as const

export function write(path: string, data: string, more: { mode?: string; validate?: string } = {}) {
  return { op: 'write', path, content: textContent(data), mode: '0644', ...asRoot, ...more } as const
}

export function mkdir(path: string, mode = '0755') {
  return { op: 'mkdir', path, mode, ...asRoot } as const
}

export function attributes(path: string, mode: string) {
  return { op: 'attributes', path, mode, ...asRoot } as const
}

export function link(path: string, target: string) {
  return { op: 'link', path, target } as const
}

export function run(command: string) {
  return { op: 'run', command, timeoutSeconds: 30 } as const
}
