const BLANK = ' \t\n\r'
const LINE_END = '\n\r'

type State =
  | 'before-key'
  | 'key'
  | 'before-value'
  | 'value'
  | 'value-escape'
  | 'single-quoted'
  | 'double-quoted'
  | 'double-quoted-escape'
  | 'comment'
  | 'comment-escape'

/** Reads an env file by the rules of systemd's env-file.c, state by state; knows nothing of how we write one. */
export function parseEnvFile(text: string): Record<string, string> {
  const variables: Record<string, string> = {}
  let state: State = 'before-key'
  let key = ''
  let value = ''
  // Length of the value without the unquoted white space at its end.
  let kept = 0
  const push = () => {
    variables[key.trimEnd()] = state === 'value' ? value.slice(0, kept) : value
    key = ''
    value = ''
    kept = 0
  }
  const keep = (character: string) => {
    value += character
    kept = value.length
  }
  for (const character of text) {
    const endsLine = LINE_END.includes(character)
    switch (state) {
      case 'before-key':
        if ('#;'.includes(character)) state = 'comment'
        else if (!BLANK.includes(character)) {
          state = 'key'
          key = character
        }
        break
      case 'key':
        if (endsLine) state = 'before-key'
        else if (character === '=') state = 'before-value'
        else key += character
        break
      case 'before-value':
        if (endsLine) {
          push()
          state = 'before-key'
        } else if (character === "'") state = 'single-quoted'
        else if (character === '"') state = 'double-quoted'
        else if (character === '\\') state = 'value-escape'
        else if (!BLANK.includes(character)) {
          state = 'value'
          keep(character)
        }
        break
      case 'value':
        if (endsLine) {
          push()
          state = 'before-key'
        } else if (character === '\\') {
          state = 'value-escape'
          kept = value.length
        } else if (BLANK.includes(character)) value += character
        else keep(character)
        break
      case 'value-escape':
        state = 'value'
        if (!endsLine) keep(character)
        break
      case 'single-quoted':
        if (character === "'") state = 'before-value'
        else keep(character)
        break
      case 'double-quoted':
        if (character === '"') state = 'before-value'
        else if (character === '\\') state = 'double-quoted-escape'
        else keep(character)
        break
      case 'double-quoted-escape':
        state = 'double-quoted'
        if ('"\\`$'.includes(character)) keep(character)
        else if (character !== '\n') keep(`\\${character}`)
        break
      case 'comment':
        if (character === '\\') state = 'comment-escape'
        else if (endsLine) state = 'before-key'
        break
      case 'comment-escape':
        state = endsLine ? 'before-key' : 'comment'
        break
    }
  }
  if (!['before-key', 'key', 'comment', 'comment-escape'].includes(state)) push()
  return variables
}
