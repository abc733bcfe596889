// Writes what is generated in the pages of the resource kinds: npm run docs
import { writeFileSync } from 'node:fs'
import { printedKinds } from './kind-pages.ts'

for (const { path, generated } of printedKinds()) writeFileSync(path, generated)
