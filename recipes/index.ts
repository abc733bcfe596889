import type { Recipe } from 'converge'
import base from './base/recipe.ts'
import containerd from './containerd/recipe.ts'
import docker from './docker/recipe.ts'
import etcd from './etcd/recipe.ts'
import firewall from './firewall/recipe.ts'
import fleet from './fleet/recipe.ts'
import ssh from './ssh/recipe.ts'
import testService from './test-service/recipe.ts'

/** The recipes that come with converge, by name. */
export const builtinRecipes: Readonly<Record<string, Recipe>> = {
  base,
  containerd,
  docker,
  etcd,
  firewall,
  fleet,
  ssh,
  'test-service': testService,
}
