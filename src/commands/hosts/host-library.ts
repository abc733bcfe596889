import { readAsset } from '../../load/recipes/read-asset.ts'
import { assembleLibrary, type HostLibrary } from '../../shell/library.ts'

/** The host-side shell library, read from the package. */
export function hostLibrary(): HostLibrary {
  return assembleLibrary((file) => readAsset(`src/shell/library/${file}`))
}
