import { test } from 'uvu'
import { testHostPlans } from './cases.ts'

testHostPlans('plan/notifications')

test.run()
