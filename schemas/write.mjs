// Writes cluster.schema.json from its source, src/load/schema/cluster-schema.ts: node --import tsx schemas/write.mjs
import { writeFileSync } from 'node:fs'
import { clusterSchema } from '../src/load/schema/cluster-schema.ts'

const file = new URL('cluster.schema.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(clusterSchema({ recipes: {}, kinds: {} }), null, 2)}\n`)
