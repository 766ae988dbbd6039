// Topics of one device, as the platform has them (FACTS, "Topics that the platform serves").

export interface Topics {
	/** `…/thing/event/property/post`; the answer comes on `…_reply`. */
	readonly propertyPost: string;
	readonly propertyPostReply: string;
	/** The platform sets properties here; the device answers on `…_reply`. */
	readonly propertySet: string;
	readonly propertySetReply: string;
	/** What the platform has against something the device did. */
	readonly error: string;
}

export function topicsOf(productKey: string, deviceName: string): Topics {
	const thing = `/sys/${productKey}/${deviceName}/thing`;
	return {
		propertyPost: `${thing}/event/property/post`,
		propertyPostReply: `${thing}/event/property/post_reply`,
		propertySet: `${thing}/service/property/set`,
		propertySetReply: `${thing}/service/property/set_reply`,
		error: `/ext/error/${productKey}/${deviceName}`,
	};
}

/** A custom topic, by default in the class that the console makes: `/${pk}/${dn}/user/${name}`. */
export function customTopic(productKey: string, deviceName: string, name: string, prefix = "user/"): string {
	return `/${productKey}/${deviceName}/${prefix}${name}`;
}
