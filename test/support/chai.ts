/** Chai's proxies find misspelt assertions, which the compiler does; they are a tenth of what assertions cost. */
import { config } from "chai";

config.useProxy = false;
