import type { Context } from './attributes.ts'
import { dataPath } from './layout.ts'

/** What a discovery service has, for a member without data: etcd refuses a wrong size and a used token only on its hosts, after all else. */
export function discovery(ctx: Context): { readonly discovery?: string } {
  const { discovery: url, discoveryEndpoints, discoveryProxy, discoveryToken } = ctx.attributes
  const proxy = discoveryProxy === undefined ? '' : ` -x ${quoted(discoveryProxy)}`
  const values = `grep -o '"value":"[^"]*"' | cut -d '"' -f 4`
  const withoutData = `[ ! -e ${dataPath(ctx)} ] && command -v curl >/dev/null`
  if (url !== undefined) {
    const get = (one: string) => `curl -fgsS -m 5${proxy} ${quoted(one)} | ${values}`
    return { discovery: `${withoutData} && ${get(`${url}/_config/size`)} && ${get(url)}` }
  }
  const [endpoint] = discoveryEndpoints
  if (discoveryToken === undefined || endpoint === undefined) return {}
  const range = (from: string, to?: string) =>
    `curl -fgsS -m 5 -d '${JSON.stringify({ key: base64(from), ...(to !== undefined && { range_end: base64(to) }) })}' ${quoted(`${endpoint}/v3/kv/range`)}`
  const decoded = `${values} | while read -r value; do echo "$value" | base64 -d; echo; done`
  const registry = `/_etcd/registry/${discoveryToken}`
  return {
    discovery: `${withoutData} && ${range(`${registry}/_config/size`)} | ${decoded} && ${range(`${registry}/members/`, `${registry}/members0`)} | ${decoded}`,
  }
}

/** A word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
