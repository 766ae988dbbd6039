/**
 * The admin API's actions, with Alibaba's OpenAPI names and fields (product IoT, version 2018-01-20), as the server
 * and the client see them. Fields that are ours alone say so. Every answer also has RequestId and Success.
 */

import type { KeyType } from "../store/certificates";
import type { BatchActions, Id2Actions, X509Actions } from "./identity-actions";

/** A device named by its product and name, or by its IotId. */
export interface DeviceFields {
	ProductKey?: string;
	DeviceName?: string;
	IotId?: string;
}

/** Online state as the platform spells it. */
export type DeviceStatus = "ONLINE" | "OFFLINE" | "UNACTIVE" | "DISABLE";

/** What became of a message: ours, the platform answers its id alone. */
export interface DeliveryFields {
	MessageId: string;
	Delivery: "sent" | "queued" | "dropped";
	Reason?: string;
}

export interface ProductInfo {
	ProductKey: string;
	ProductName: string;
	NodeType: number;
	DataFormat: number;
	AuthType: string;
	NetType: string;
	Description: string;
	/** Ours: whether devices may register by the product's secret. */
	DynamicRegistration: boolean;
	GmtCreate: number;
}

export interface DeviceInfo {
	IotId: string;
	ProductKey: string;
	DeviceName: string;
	DeviceSecret: string;
	Nickname: string;
	DeviceStatus: DeviceStatus;
	GmtCreate: string;
	UtcCreate: string;
}

export interface DeviceDetail {
	IotId: string;
	ProductKey: string;
	ProductName: string;
	DeviceName: string;
	DeviceSecret: string;
	Nickname: string;
	Status: DeviceStatus;
	NodeType: number;
	FirmwareVersion: string;
	IpAddress: string;
	GmtCreate: string;
	UtcCreate: string;
	GmtActive: string;
	UtcActive: string;
	GmtOnline: string;
	UtcOnline: string;
}

export interface MessageInfo {
	MessageId: string;
	/** "up" from the device, "down" to it. */
	Direction: "up" | "down";
	TopicFullName: string;
	/** Base64, as in Pub. */
	MessageContent: string;
	Qos: number;
	/** ms since 1970. */
	Time: number;
}

/** A physical device of a name that registers without pre-registration. */
export interface ClientIdInfo {
	ClientId: string;
	Forbidden: boolean;
	/** The one that is connected now. */
	Connected: boolean;
	UtcCreate: string;
	UtcFirstOnline: string;
	UtcLastOnline: string;
}

/** Requests and answers by action. */
export interface Actions extends X509Actions, BatchActions, Id2Actions {
	CreateProduct: {
		request: {
			ProductName: string;
			NodeType?: number;
			DataFormat?: number;
			AuthType?: "secret" | "x509" | "id2";
			NetType?: string;
			Description?: string;
			/** Ours: a ProductKey of one's own choice, to move a product here from the platform. */
			ProductKey?: string;
			/** Ours: the switch from the beginning; off if not given. */
			DynamicRegistration?: boolean;
		};
		response: { ProductKey: string; Data: ProductInfo & { ProductSecret: string } };
	};
	QueryProduct: {
		request: { ProductKey: string };
		response: { Data: ProductInfo & { ProductSecret: string; DeviceCount: number } };
	};
	QueryProductList: {
		request: { CurrentPage?: number; PageSize?: number };
		response: {
			Data: {
				CurrentPage: number;
				PageCount: number;
				PageSize: number;
				Total: number;
				List: { ProductInfo: (ProductInfo & { DeviceCount: number })[] };
			};
		};
	};
	UpdateProduct: {
		request: { ProductKey: string; ProductName?: string; Description?: string };
		response: Record<never, never>;
	};
	DeleteProduct: { request: { ProductKey: string }; response: Record<never, never> };
	RegisterDevice: {
		/** KeyType is ours: of an X.509 device's certificate. */
		request: { ProductKey: string; DeviceName?: string; Nickname?: string; KeyType?: KeyType };
		response: {
			Data: { IotId: string; ProductKey: string; DeviceName: string; DeviceSecret: string; Nickname: string };
		};
	};
	QueryDevice: {
		request: { ProductKey: string; CurrentPage?: number; PageSize?: number };
		response: { Page: number; PageSize: number; PageCount: number; Total: number; Data: { DeviceInfo: DeviceInfo[] } };
	};
	QueryDeviceDetail: { request: DeviceFields; response: { Data: DeviceDetail } };
	GetDeviceStatus: { request: DeviceFields; response: { Data: { Status: DeviceStatus; Timestamp: number } } };
	BatchGetDeviceState: {
		request: { ProductKey: string; DeviceName: string[] };
		response: {
			DeviceStatusList: {
				DeviceStatus: {
					IotId: string;
					DeviceName: string;
					Status: DeviceStatus;
					AsAddress: string;
					LastOnlineTime: string;
				}[];
			};
		};
	};
	DisableThing: { request: DeviceFields; response: Record<never, never> };
	EnableThing: { request: DeviceFields; response: Record<never, never> };
	DeleteDevice: { request: DeviceFields; response: Record<never, never> };
	/** Ours: the console's switch "dynamic registration". */
	SetProductDynamicRegistration: {
		request: { ProductKey: string; DynamicRegistration: boolean };
		response: Record<never, never>;
	};
	ResetThing: { request: DeviceFields; response: Record<never, never> };
	/** Ours: the console's list of risk devices. */
	QueryRiskDevices: {
		request: { ProductKey: string; CurrentPage?: number; PageSize?: number };
		response: {
			Page: number;
			PageSize: number;
			PageCount: number;
			Total: number;
			Data: { RiskDevice: { IotId: string; DeviceName: string; ClientIds: number }[] };
		};
	};
	/** Ours: the physical devices of one name. */
	QueryDeviceClientIds: { request: DeviceFields; response: { Data: { ClientIdInfo: ClientIdInfo[] } } };
	/** Ours: the console's "switch". */
	SwitchClientId: { request: DeviceFields & { ClientId: string }; response: Record<never, never> };
	/** Ours: the console's "clear". */
	ClearClientIds: { request: DeviceFields; response: Record<never, never> };
	GetThingTopo: {
		request: DeviceFields & { PageNo?: number; PageSize?: number };
		response: {
			Data: {
				CurrentPage: number;
				PageSize: number;
				PageCount: number;
				Total: number;
				List: { deviceInfo: { IotId: string; ProductKey: string; DeviceName: string }[] };
			};
		};
	};
	Pub: {
		request: { ProductKey: string; TopicFullName: string; MessageContent: string; Qos?: number };
		response: DeliveryFields;
	};
	PubBroadcast: {
		request: { ProductKey: string; TopicFullName: string; MessageContent: string };
		/** Receivers is ours: how many connected devices it was sent to. */
		response: { MessageId: string; Receivers: number };
	};
	RRpc: {
		request: { ProductKey: string; DeviceName: string; RequestBase64Byte: string; Timeout: number; Topic?: string };
		response: { MessageId: string; RrpcCode: "SUCCESS"; PayloadBase64Byte: string };
	};
	SetDeviceProperty: { request: DeviceFields & { Items: string }; response: { Data: DeliveryFields } };
	InvokeThingService: {
		request: DeviceFields & { Identifier: string; Args: string };
		response: { Data: DeliveryFields };
	};
	QueryDevicePropertyStatus: {
		request: DeviceFields;
		response: { Data: { List: { PropertyStatusInfo: { Identifier: string; Value: string; Time: string }[] } } };
	};
	CreateProductTopic: {
		request: {
			ProductKey: string;
			TopicShortName?: string;
			TopicFullName?: string;
			Operation: "PUB" | "SUB" | "ALL";
			Desc?: string;
		};
		response: { TopicId: number };
	};
	QueryProductTopic: {
		request: { ProductKey: string };
		response: {
			Data: {
				ProductTopicInfo: { Id: string; ProductKey: string; TopicShortName: string; Operation: string; Desc: string }[];
			};
		};
	};
	DeleteProductTopic: { request: { TopicId: number }; response: Record<never, never> };
	/** Ours: the console's list of a device's subscribed topics. */
	QueryDeviceSubscriptions: { request: DeviceFields; response: { Data: { Topic: string[] } } };
	/** Ours: the last messages of a device, newest first. */
	QueryMessages: { request: DeviceFields & { Count?: number }; response: { Data: { MessageInfo: MessageInfo[] } } };
}

/** An action's name. */
export type ActionName = keyof Actions;

/** What every answer has; `Code` and `ErrorMessage` when Success is false. */
export type Answer<Name extends ActionName> = { RequestId: string; Success: true } & Actions[Name]["response"];
