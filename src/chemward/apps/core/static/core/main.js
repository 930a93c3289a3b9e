// What every page starts. Pages add their own modules in the block `scripts`.
import { start as startAlarms } from "./alarms.js";
import { start as startClock } from "./clock.js";
import { start as startConfirm } from "./confirm.js";
import { start as startDrafts } from "./draft.js";
import { start as startHttp } from "./http.js";
import { start as startKeys } from "./keys.js";
import { start as startLive } from "./live.js";
import { start as startMenus } from "./menu.js";
import { start as startPrint } from "./print.js";
import { start as startSheet } from "./sheet.js";
import { start as startTables } from "./table.js";
import { start as startTheme } from "./theme.js";
import { start as startToasts } from "./toast.js";
import { start as startWall } from "./wall.js";

for (const start of [startTheme, startClock, startHttp, startConfirm, startMenus, startKeys, startPrint, startSheet, startToasts, startDrafts, startTables, startAlarms, startLive, startWall]) start();
document.documentElement.dataset.ready = "true";
