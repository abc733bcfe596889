// Writes all schemas from their sources: npm run schemas
import { writeFileSync } from 'node:fs'
import { clusterSchema } from '../src/load/schema/cluster-schema.ts'
import { documentSchemas, schemaText } from '../src/report/json/index.ts'
import { jsonText } from '../src/report/json/json-text.ts'
import { secretsSchema } from '../src/secrets/secrets-file.ts'

const write = (name, text) => writeFileSync(new URL(`${name}.schema.json`, import.meta.url), text)

write('secrets-file', jsonText(secretsSchema))
write('cluster', jsonText(clusterSchema({ recipes: {}, kinds: {} })))
for (const [name, schema] of Object.entries(documentSchemas)) write(name, schemaText(name, schema))
