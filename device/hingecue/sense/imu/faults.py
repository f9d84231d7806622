"""What can be the matter with the wire or a sensor, each as one sentence with what to do."""

from __future__ import annotations

import errno

from hingecue.errors import DeviceFault

BLINKS = 3

_WIRES = "check the four wires of the sensor (3V3, GND, SDA, SCL) and its plug"
_NO_ANSWER = "no chip answers at this address"

# errno → code, what is the matter, what to do. A Pi answers EREMOTEIO for a missing acknowledgement (i2c-bcm2835);
# other adapters answer ENXIO, and i2c-stub ENODEV.
_ERRNO = {
    errno.EREMOTEIO: ("sensor_no_answer", _NO_ANSWER, _WIRES),
    errno.ENXIO: ("sensor_absent", _NO_ANSWER, f'{_WIRES}; "i2cdetect -y 1" lists what answers'),
    errno.ENODEV: ("i2c_gone", "the bus or the sensor is gone", "plug the sensor or its adapter in again"),
    errno.ETIMEDOUT: (
        "i2c_stuck",
        "the bus does not move, a wire is held low",
        "unplug the sensors one after the other, then switch off and on",
    ),
    errno.EIO: ("i2c_garbled", "the transfer broke off", "shorten the cable and keep it away from motors and chargers"),
    errno.EAGAIN: ("i2c_taken", "something else took the bus", "disconnect other controllers from these two wires"),
    errno.EOPNOTSUPP: (
        "i2c_unsupported",
        "this bus cannot do plain I2C transfers",
        "connect the sensor to pins 3 and 5 of the Pi (bus 1)",
    ),
}
# The codes that say: nobody is at this address. All others concern the bus.
NOBODY = frozenset({"sensor_no_answer", "sensor_absent", "i2c_gone"})
# A wire that is held low costs a second of the kernel's patience each time, so asking again at once is of no use.
HOPELESS = frozenset({"i2c_stuck", "i2c_missing", "i2c_denied"})


def of_errno(error: OSError, where: str) -> DeviceFault:
    """Name the fault behind an error of a transfer; an unknown one keeps the system's own words."""
    unknown = ("i2c_error", f"the transfer failed ({error})", _WIRES)
    code, what, try_this = _ERRNO.get(error.errno or 0, unknown)
    return DeviceFault(code, where=where, what=what, try_this=try_this, blinks=BLINKS)


def of_opening(error: OSError, where: str) -> DeviceFault:
    """Name the fault behind a bus that cannot be opened: not switched on, no permission, or what errno says."""
    if error.errno == errno.ENOENT:
        return DeviceFault(
            "i2c_missing",
            where=where,
            what="I2C is not switched on",
            try_this="switch it on with: sudo raspi-config nonint do_i2c 0",
            blinks=BLINKS,
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return DeviceFault(
            "i2c_denied",
            where=where,
            what="no permission to use this bus",
            try_this='join the group "i2c" with: sudo usermod -aG i2c $USER, and log in again',
            blinks=BLINKS,
        )
    return of_errno(error, where)


def foreign(where: str, identity: int, family: str) -> DeviceFault:
    """Tell of a chip that answers, but is none of those whose registers are known."""
    return DeviceFault(
        "sensor_foreign",
        where=where,
        what=f"the chip says it is 0x{identity:02X}, which is no {family} that I know",
        try_this="use an MPU-6050, an LSM6DS3/DSL/DSO/DSOX or an ADXL345, or set another address for this sensor",
        blinks=BLINKS,
    )


def forgetful(where: str) -> DeviceFault:
    """Tell of a chip whose settings are not those that were written: its supply broke down for a moment."""
    return DeviceFault(
        "sensor_reset",
        where=where,
        what="the sensor lost its settings",
        try_this="check its supply (3V3 and GND) and the plug, the power breaks down for moments",
        blinks=BLINKS,
    )


def silent(where: str) -> DeviceFault:
    """Tell of a chip that answers but measures nothing."""
    return DeviceFault(
        "sensor_silent",
        where=where,
        what="the sensor answers but measures nothing",
        try_this="unplug it for a second; if this comes again, use another one",
        blinks=BLINKS,
    )


def frozen(where: str) -> DeviceFault:
    """Tell of a chip that gives the same values again and again, to the last bit."""
    return DeviceFault(
        "sensor_frozen",
        where=where,
        what="the sensor repeats one value",
        try_this="unplug it for a second; if this comes again, use another one",
        blinks=BLINKS,
    )
