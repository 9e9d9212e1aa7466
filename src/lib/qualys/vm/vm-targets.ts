import type { RouteName } from '../../pipeline/routes.ts';
import type { VmSettings } from './vm-parameters.ts';

/** Where a call goes. */
export interface Target {
  readonly route: RouteName;
  readonly path: string;
  /** Root element of its answers. */
  readonly root: string;
}

/** A list that goes by ids; `details=None` gives these alone. A stream declares its own. */
export interface IdList extends Target {
  /** Route of its ids, which are asked for on the same path, but ask for little. */
  readonly idRoute: RouteName;
  /** Whether it knows `truncation_limit`; if not, its pages are cut by ids alone. */
  readonly hasLimit: boolean;
}

/** The host list, of which the streams of hosts and of their detections ask. */
export function hostListOf({ VM_API_VERSION }: Pick<VmSettings, 'VM_API_VERSION'>): IdList {
  return {
    path: `/api/${VM_API_VERSION}/fo/asset/host/`,
    route: 'vm/hosts',
    idRoute: 'vm/ids',
    root: 'HOST_LIST_OUTPUT',
    hasLimit: true,
  };
}

/** The host detections. */
export function detectionsOf({ VM_API_VERSION }: VmSettings): Target {
  return {
    path: `/api/${VM_API_VERSION}/fo/asset/host/vm/detection/`,
    route: 'vm/detections',
    root: 'HOST_LIST_VM_DETECTION_OUTPUT',
  };
}
